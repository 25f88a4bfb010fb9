r"""Equations of Office Math Markup Language (ECMA-376 part 1, section 22.1) as a line of LaTeX: `\frac{a}{b}+x^{2}`.

Greek letters and signs stay the characters they are, so that they can be searched for; LaTeX of today reads them.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final
from xml.etree.ElementTree import Element

M: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
"""The namespace of equations."""

_LARGE_SIGNS: Final = {
    "∏": "\\prod",
    "∐": "\\coprod",
    "∑": "\\sum",
    "∫": "\\int",
    "∬": "\\iint",
    "∭": "\\iiint",
    "∮": "\\oint",
    "∯": "\\oiint",
    "∰": "\\oiiint",
    "⋀": "\\bigwedge",
    "\u22c1": "\\bigvee",
    "⋂": "\\bigcap",
    "\u22c3": "\\bigcup",
}
_FUNCTIONS: Final = frozenset(
    [
        "arccos",
        "arcsin",
        "arctan",
        "cos",
        "cosh",
        "cot",
        "coth",
        "csc",
        "deg",
        "det",
        "dim",
        "exp",
        "gcd",
        "hom",
        "inf",
        "ker",
        "lg",
        "lim",
        "liminf",
        "limsup",
        "ln",
        "log",
        "max",
        "min",
        "sec",
        "sin",
        "sinh",
        "sup",
        "tan",
        "tanh",
    ]
)
_BRACES: Final = frozenset("{}")


def linear_equation(element: Element) -> str:
    """The equations under an element, each between dollar signs."""
    if element.tag == f"{M}oMathPara":
        return "\n".join(linear_equation(equation) for equation in element.iter(f"{M}oMath"))
    text = _inside(element).strip()
    return f"${text}$" if text else ""


def _latex(element: Element) -> str:
    """One part of an equation. What has no rule of its own is written piece after piece."""
    tag = element.tag.removeprefix(M)
    if tag == "t":
        return element.text or ""
    if tag.endswith("Pr"):
        return ""
    rule = _RULES.get(tag)
    return rule(element) if rule else _inside(element)


def _inside(element: Element | None) -> str:
    return "" if element is None else "".join(map(_latex, element))


def _part(element: Element, name: str) -> str:
    return _inside(element.find(M + name))


def _property(element: Element, name: str, default: str) -> str:
    found = element.find(f"{element.tag}Pr/{M}{name}")
    return default if found is None else found.get(f"{M}val", "")


def _scripts(element: Element) -> str:
    below, above = _part(element, "sub"), _part(element, "sup")
    return (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")


def _fraction(element: Element) -> str:
    above, below = _part(element, "num"), _part(element, "den")
    kind = _property(element, "type", "bar")
    if kind == "lin":
        return f"{above}/{below}"
    return f"\\genfrac{{}}{{}}{{0pt}}{{}}{{{above}}}{{{below}}}" if kind == "noBar" else f"\\frac{{{above}}}{{{below}}}"


def _root(element: Element) -> str:
    degree = _part(element, "deg")
    return f"\\sqrt{f'[{degree}]' if degree else ''}{{{_part(element, 'e')}}}"


def _n_ary(element: Element) -> str:
    sign = _property(element, "chr", "∫")
    return f"{_LARGE_SIGNS.get(sign, sign)}{_scripts(element)} {_part(element, 'e')}"


def _delimited(element: Element) -> str:
    pieces = _property(element, "sepChr", "|").join(_inside(piece) for piece in element.findall(f"{M}e"))
    begin, end = _property(element, "begChr", "("), _property(element, "endChr", ")")
    return f"\\left{_delimiter(begin)}{pieces}\\right{_delimiter(end)}"


def _delimiter(sign: str) -> str:
    return f"\\{sign}" if sign in _BRACES else sign or "."


def _limit(mark: str) -> Callable[[Element], str]:
    return lambda element: f"{_named(_part(element, 'e'))}{mark}{{{_part(element, 'lim')}}}"


def _function(element: Element) -> str:
    return f"{_named(_part(element, 'fName'))} {_part(element, 'e')}"


def _named(name: str) -> str:
    return f"\\{name.strip()}" if name.strip() in _FUNCTIONS else name


def _matrix(element: Element) -> str:
    rows = (" & ".join(_inside(cell) for cell in row.findall(f"{M}e")) for row in element.findall(f"{M}mr"))
    return "\\begin{matrix}" + " \\\\ ".join(rows) + "\\end{matrix}"


def _lines(element: Element) -> str:
    return " \\\\ ".join(_inside(line) for line in element.findall(f"{M}e"))


def _before(element: Element) -> str:
    return f"{{}}{_scripts(element)}{_part(element, 'e')}"


def _after(element: Element) -> str:
    return f"{_part(element, 'e')}{_scripts(element)}"


def _bar(element: Element) -> str:
    return f"\\{'overline' if _property(element, 'pos', 'bot') == 'top' else 'underline'}{{{_part(element, 'e')}}}"


def _brace(element: Element) -> str:
    return f"\\{'overbrace' if _property(element, 'pos', 'bot') == 'top' else 'underbrace'}{{{_part(element, 'e')}}}"


_RULES: Final[Mapping[str, Callable[[Element], str]]] = MappingProxyType(
    {
        "bar": _bar,
        "d": _delimited,
        "eqArr": _lines,
        "f": _fraction,
        "func": _function,
        "groupChr": _brace,
        "limLow": _limit("_"),
        "limUpp": _limit("^"),
        "m": _matrix,
        "nary": _n_ary,
        "rad": _root,
        "sPre": _before,
        "sSub": _after,
        "sSubSup": _after,
        "sSup": _after,
    }
)
