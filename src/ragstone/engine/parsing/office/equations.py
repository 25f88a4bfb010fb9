"""Equations of Office Math Markup Language (ECMA-376 part 1, section 22.1) as a line of text: `x^2+a_n`, `(n+1)/2`."""

from collections.abc import Callable, Mapping
from typing import Final
from xml.etree.ElementTree import Element

M: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
"""The namespace of equations."""

_SEPARATOR: Final = "|"


def linear_equation(element: Element) -> str:
    """The equation under an element. What has no rule of its own is written piece after piece."""
    tag = element.tag.removeprefix(M)
    if tag == "t":
        return element.text or ""
    if tag.endswith("Pr"):
        return ""
    rule = _RULES.get(tag)
    return rule(element) if rule else _inside(element)


def _inside(element: Element | None) -> str:
    return "" if element is None else "".join(map(linear_equation, element))


def _part(element: Element, name: str) -> str:
    return _inside(element.find(M + name))


def _grouped(text: str) -> str:
    """In parentheses, unless it has them or is one name, number or sign."""
    text = text.strip()
    is_one = len(text) <= 1 or text.isalnum() or (text.startswith("(") and text.find(")") == len(text) - 1)
    return text if is_one else f"({text})"


def _property(element: Element, name: str, default: str) -> str:
    found = element.find(f"{M}{element.tag.removeprefix(M)}Pr/{M}{name}")
    return default if found is None else found.get(f"{M}val", "")


def _scripts(element: Element) -> str:
    below, above = _part(element, "sub"), _part(element, "sup")
    return (f"_{_grouped(below)}" if below else "") + (f"^{_grouped(above)}" if above else "")


def _fraction(element: Element) -> str:
    above, below = _part(element, "num"), _part(element, "den")
    return (
        f"({above} ¦ {below})"
        if _property(element, "type", "bar") == "noBar"
        else f"{_grouped(above)}/{_grouped(below)}"
    )


def _root(element: Element) -> str:
    degree = _part(element, "deg")
    return (f"^{_grouped(degree)}" if degree else "") + f"√{_grouped(_part(element, 'e'))}"


def _n_ary(element: Element) -> str:
    return f"{_property(element, 'chr', '∫')}{_scripts(element)} {_part(element, 'e')}"


def _delimited(element: Element) -> str:
    pieces = _property(element, "sepChr", _SEPARATOR).join(_inside(piece) for piece in element.findall(f"{M}e"))
    return _property(element, "begChr", "(") + pieces + _property(element, "endChr", ")")


def _limit(mark: str) -> Callable[[Element], str]:
    return lambda element: f"{_part(element, 'e')}{mark}{_grouped(_part(element, 'lim'))}"


def _function(element: Element) -> str:
    return f" {_part(element, 'fName')} {_part(element, 'e')}"


def _matrix(element: Element) -> str:
    rows = (", ".join(_inside(cell) for cell in row.findall(f"{M}e")) for row in element.findall(f"{M}mr"))
    return f"[{'; '.join(rows)}]"


def _lines(element: Element) -> str:
    return "\n".join(_inside(line) for line in element.findall(f"{M}e"))


def _before(element: Element) -> str:
    return f"{_scripts(element)}{_part(element, 'e')}"


def _after(element: Element) -> str:
    return f"{_grouped(_part(element, 'e'))}{_scripts(element)}"


_RULES: Final[Mapping[str, Callable[[Element], str]]] = {
    "d": _delimited,
    "eqArr": _lines,
    "f": _fraction,
    "func": _function,
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
