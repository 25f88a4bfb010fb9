"""Types a mapping may give to a field: how the value of a record becomes one that filters can compare."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from ragstone.engine.records.record import MAX_TEXT_CHARS, FieldInvalid, as_text
from ragstone.kit.dates import canonical_date

Plain: TypeAlias = str | int | float | bool
Value: TypeAlias = Plain | list[str]

_TRUE: Final = frozenset({"true", "yes", "y", "1"})
_FALSE: Final = frozenset({"false", "no", "n", "0"})


def typed(name: str, value: Any, type_: str | None) -> Value:
    """A value that is not empty, as a type, or as it is for None. Raises `FieldInvalid`."""
    return _READERS[type_](name, value)


def _as_it_is(name: str, value: Any) -> Value:
    if isinstance(value, float):
        return _finite(name, value)
    if isinstance(value, bool | int):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [_text(name, item) for item in value]
    return _text(name, value)


def _text(name: str, value: Any) -> str:
    text = as_text(name, value)
    if len(text) > MAX_TEXT_CHARS:
        raise FieldInvalid(name, f"longer than {MAX_TEXT_CHARS} characters")
    return text


def _integer(name: str, value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise FieldInvalid(name, "not a whole number")
    try:
        return int(value)
    except ValueError as error:
        raise FieldInvalid(name, "not a whole number") from error


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise FieldInvalid(name, "not a number")
    try:
        return _finite(name, float(value))
    except (ValueError, OverflowError) as error:
        raise FieldInvalid(name, "not a number") from error


def _finite(name: str, value: float) -> float:
    if not math.isfinite(value):
        raise FieldInvalid(name, "not a finite number")
    return value


def _boolean(name: str, value: Any) -> bool:
    word = as_text(name, value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise FieldInvalid(name, "neither true nor false")


def _date(name: str, value: Any) -> str:
    try:
        return canonical_date(as_text(name, value).strip())
    except FieldInvalid:
        raise
    except ValueError as error:
        raise FieldInvalid(name, "not a date as ISO 8601 writes it") from error


_READERS: Final[Mapping[str | None, Callable[[str, Any], Value]]] = MappingProxyType(
    {None: _as_it_is, "str": _text, "int": _integer, "float": _number, "bool": _boolean, "date": _date}
)
TYPES: Final = tuple(name for name in _READERS if name is not None)
"""The names a mapping may use."""
