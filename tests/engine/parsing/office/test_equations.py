from xml.etree.ElementTree import fromstring

import pytest

from ragstone.engine.parsing.office.equations import linear_equation

NAMESPACE = "http://schemas.openxmlformats.org/officeDocument/2006/math"


@pytest.mark.parametrize(
    ("content", "latex"),
    [
        ("<r><t>π</t></r>", "$π$"),
        ("<sSub><e>a</e></sSub>", ""),
        ("<sSub><e><t>a</t></e><sub><t>0</t></sub></sSub>", "$a_{0}$"),
        ("<sPre><sub><t>1</t></sub><sup><t>2</t></sup><e><t>x</t></e></sPre>", "${}_{1}^{2}x$"),
        ('<f><fPr><type val="lin"/></fPr><num><t>a</t></num><den><t>b</t></den></f>', "$a/b$"),
        (
            '<f><fPr><type val="noBar"/></fPr><num><t>n</t></num><den><t>k</t></den></f>',
            r"$\genfrac{}{}{0pt}{}{n}{k}$",
        ),
        ("<rad><deg><t>3</t></deg><e><t>x</t></e></rad>", r"$\sqrt[3]{x}$"),
        ("<nary><e><t>x</t></e></nary>", r"$\int x$"),
        ("<d><e><t>x</t></e><e><t>y</t></e></d>", r"$\left(x|y\right)$"),
        ('<d><dPr><begChr val="{"/><endChr val=""/></dPr><e><t>x</t></e></d>', r"$\left\{x\right.$"),
        ("<func><fName><t>cos</t></fName><e><t>x</t></e></func>", r"$\cos x$"),
        (
            "<func><fName><limLow><e><t>lim</t></e><lim><t>n</t></lim></limLow></fName><e><t>x</t></e></func>",
            r"$\lim_{n} x$",
        ),
        ("<limUpp><e><t>x</t></e><lim><t>n</t></lim></limUpp>", "$x^{n}$"),
        (
            "<m><mr><e><t>a</t></e><e><t>b</t></e></mr><mr><e><t>c</t></e></mr></m>",
            r"$\begin{matrix}a & b \\ c\end{matrix}$",
        ),
        ("<eqArr><e><t>a</t></e><e><t>b</t></e></eqArr>", r"$a \\ b$"),
        ("<groupChr><e><t>a</t></e></groupChr>", r"$\underbrace{a}$"),
        ('<bar><barPr><pos val="top"/></barPr><e><t>a</t></e></bar>', r"$\overline{a}$"),
        ("<box><e><t>a</t></e></box>", "$a$"),
    ],
)
def test_every_part_of_an_equation_is_latex(content: str, latex: str) -> None:
    content = content.replace(' val="', ' m:val="')
    element = fromstring(f'<oMath xmlns="{NAMESPACE}" xmlns:m="{NAMESPACE}">{content}</oMath>')  # noqa: S314 - ours.
    assert linear_equation(element) == latex
