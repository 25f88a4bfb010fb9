"""The one filter grammar. A backend translates it as a whole or raises; it never drops a part."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final, TypeAlias

from ragstone.kit.problem import Kind, Problem

Scalar: TypeAlias = str | int | float | bool


class FilterUnsupported(Problem):
    """A condition names an unknown field, or compares it in a way that has no exact answer (`gt` with a text)."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "filter_unsupported"


class Op(StrEnum):
    """How a field is compared with a value."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"
    NIN = "nin"
    EXISTS = "exists"
    PREFIX = "prefix"


FIELDS: Final = frozenset(
    {
        "chunk_id",
        "collection_id",
        "created_at",
        "document_id",
        "filename",
        "language",
        "size_bytes",
        "tag",
        "type",
        "version_id",
    }
)
"""Fields every point has, besides `metadata.<key>`. `tag` holds a list: a condition holds if it does for any tag.

`created_at` is compared as seconds since the Unix epoch, `size_bytes` as a number, everything else as text, except
metadata, which keeps the type it was given.
"""


@dataclass(frozen=True, slots=True)
class Condition:
    """`field op value`.

    `IN` and `NIN` take a tuple, `EXISTS` a boolean, every other operator one scalar. `NE` and `NIN` are the exact
    complements of `EQ` and `IN`: they also hold where the field is absent. Values of different types are never equal
    (1 and 1.0 are one number, `True` is none). `GT` to `LTE` compare numbers, as doubles, and hold for nothing else;
    `PREFIX` compares texts. An empty list counts as absent.
    """

    field: str
    op: Op
    value: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class And:
    """Holds if every item does; without items it always holds."""

    items: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Holds if any item does; without items it never holds."""

    items: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Holds if the item does not."""

    item: "Filter"


Filter: TypeAlias = Condition | And | Or | Not
