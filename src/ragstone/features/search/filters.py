"""The filter tree on the wire, checked as a whole and turned into the one the index speaks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Union

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from ragstone.ports.filters import FIELDS, And, Condition, Filter, Not, Op, Or, Scalar

METADATA_PREFIX: Final = "metadata."
NUMERIC_FIELDS: Final = frozenset({"created_at", "size_bytes"})
PUBLIC_FIELDS: Final = FIELDS - {"chunk_id", "version_id"}
_MANY: Final = 1000


class FilterCondition(BaseModel):
    """`field op value`. `in` and `nin` take a list, `exists` a boolean, the others one value."""

    model_config = ConfigDict(extra="forbid")

    field: str = Field(
        description="One of document_id, collection_id, tag, type, language, created_at, size_bytes, "
        "filename, or metadata.<key>."
    )
    op: Op
    value: bool | int | float | str | list[bool | int | float | str]

    @field_validator("field")
    @classmethod
    def _is_known(cls, field: str) -> str:
        if field not in PUBLIC_FIELDS and not field.startswith(METADATA_PREFIX):
            raise ValueError(f"unknown field {field}")
        return field

    @model_validator(mode="after")
    def _value_fits(self) -> "FilterCondition":
        is_list = isinstance(self.value, list)
        if is_list != (self.op in {Op.IN, Op.NIN}):
            raise ValueError(f"{self.op} takes {'one value' if is_list else 'a list'}")
        if self.op is Op.EXISTS and not isinstance(self.value, bool):
            raise ValueError("exists takes true or false")
        if self.op is Op.PREFIX and not isinstance(self.value, str):
            raise ValueError("prefix takes a text")
        self.tree()
        return self

    def tree(self) -> Filter:
        """As the index takes it."""
        if isinstance(self.value, list):
            if len(self.value) > _MANY:
                raise ValueError(f"a list of more than {_MANY} values")
            return Condition(self.field, self.op, tuple(self._compared(value) for value in self.value))
        if self.op is Op.EXISTS:
            return Condition(self.field, self.op, self.value)
        return Condition(self.field, self.op, self._compared(self.value))

    def _compared(self, value: Scalar) -> Scalar:
        """A moment becomes seconds since the epoch; a number stays what it is."""
        if self.field == "created_at" and isinstance(value, str):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise ValueError("created_at needs a time zone, as in 2026-01-31T00:00:00Z")
            return moment.timestamp()
        if self.field in NUMERIC_FIELDS and (isinstance(value, bool | str)):
            raise ValueError(f"{self.field} is compared with a number")
        return value


class FilterAnd(BaseModel):
    """Holds if every item does."""

    model_config = ConfigDict(extra="forbid")

    and_: list["FilterNode"] = Field(alias="and", max_length=_MANY)

    def tree(self) -> Filter:
        """As the index takes it."""
        return And(tuple(item.tree() for item in self.and_))


class FilterOr(BaseModel):
    """Holds if any item does."""

    model_config = ConfigDict(extra="forbid")

    or_: list["FilterNode"] = Field(alias="or", max_length=_MANY)

    def tree(self) -> Filter:
        """As the index takes it."""
        return Or(tuple(item.tree() for item in self.or_))


class FilterNot(BaseModel):
    """Holds if the item does not."""

    model_config = ConfigDict(extra="forbid")

    not_: "FilterNode" = Field(alias="not")

    def tree(self) -> Filter:
        """As the index takes it."""
        return Not(self.not_.tree())


def _form(value: Any) -> str:
    """Which of the four forms a node has, told by its key, so that an error speaks of that form alone."""
    keys = (
        value.keys() if isinstance(value, Mapping) else type(value).model_fields if isinstance(value, BaseModel) else ()
    )
    return next((key.rstrip("_") for key in ("and", "or", "not", "and_", "or_", "not_") if key in keys), "condition")


FilterNode = Annotated[
    Union[  # noqa: UP007 - The tags need annotations inside, which `|` cannot carry.
        Annotated[FilterCondition, Tag("condition")],
        Annotated[FilterAnd, Tag("and")],
        Annotated[FilterOr, Tag("or")],
        Annotated[FilterNot, Tag("not")],
    ],
    Discriminator(_form),
]
"""A filter tree."""

FilterAnd.model_rebuild()
FilterOr.model_rebuild()
FilterNot.model_rebuild()
