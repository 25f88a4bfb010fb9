"""Templates: text with `{field}` where a record's value goes. Nothing is evaluated, and no value is looked into."""

import re
from dataclasses import dataclass
from typing import Final

from ragstone.engine.records.record import MappingInvalid, Record, as_text, field_value

_PART: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_OPTIONAL: Final = "?"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the value of a field goes. One that is optional may be missing from a record."""

    name: str
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """Literal texts and places, in order."""

    parts: tuple[str | Place, ...]

    def render(self, record: Record) -> str:
        """The text for a record; an empty value leaves nothing. Raises `FieldInvalid`."""
        return "".join(
            part
            if isinstance(part, str)
            else as_text(part.name, field_value(record, part.name, is_optional=part.is_optional))
            for part in self.parts
        )


def parse_template(source: str) -> Template:
    """A template from its text: `{name}`, `{name?}` for a field that may be missing, `{{` and `}}` for braces.

    Raises `MappingInvalid` for a brace that stands alone, or a place without a name.
    """
    parts: list[str | Place] = []
    literal = ""
    end = 0
    for match in _PART.finditer(source):
        literal += source[end : match.start()]
        end = match.end()
        if match.group() in {"{{", "}}"}:
            literal += match.group()[0]
            continue
        if match.group(1) is None:
            raise MappingInvalid(f"a brace stands alone at character {match.start()} of {source!r}; write it twice")
        if literal:
            parts.append(literal)
            literal = ""
        parts.append(parse_place(match.group(1)))
    literal += source[end:]
    return Template((*parts, literal) if literal else tuple(parts))


def parse_place(source: str) -> Place:
    """A field's name, with `?` behind it if it may be missing. Raises `MappingInvalid` for an empty one."""
    name = source.removesuffix(_OPTIONAL).strip()
    if not name:
        raise MappingInvalid("a field without a name")
    return Place(name, source.endswith(_OPTIONAL))
