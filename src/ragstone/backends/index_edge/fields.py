"""How fields are stored in the engine's payload, and how filters over fields become filters over payload slots.

Every value is kept as a text that begins with a letter for its type, in a keyword slot: `"sInvoice"`, `"n3"`, `"bt"`.
One index then serves equality, membership, prefixes, presence and facets, and values of different types never meet.
Numbers stand a second time, as doubles, in a slot for ranges. Pure: runs in the client and imports no engine.
"""

import math
import re
import sys
from collections.abc import Mapping
from typing import Final, TypeGuard

from ragstone.backends.index_edge.wire import Lowered
from ragstone.ports.filters import FIELDS, And, Condition, Filter, FilterUnsupported, Not, Op, Or, Scalar

PayloadValue = str | float | list[str]

_METADATA: Final = "metadata."
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_]+")
_BOUNDS: Final = {Op.GT: "gt", Op.GTE: "gte", Op.LT: "lt", Op.LTE: "lte"}
_NEVER: Final[Lowered] = ["any", []]


def payload(chunk_id: str, fields: Mapping[str, Scalar | tuple[str, ...]]) -> dict[str, PayloadValue]:
    """The payload of a point; raises `FilterUnsupported` for a field name no filter could name."""
    slots: dict[str, PayloadValue] = {"chunk_id": encode(chunk_id)}
    for name, value in fields.items():
        slot = slot_of(name)
        if isinstance(value, tuple):
            slots[slot] = [encode(item) for item in value]
            continue
        slots[slot] = encode(value)
        if _is_ordered(value):
            slots[number_slot(slot)] = _double(value)
    return slots


def slot_of(field: str) -> str:
    """The keyword slot of a field. Metadata keys that are no plain words are spelled in hexadecimal."""
    if field in FIELDS:
        return field
    key = field.removeprefix(_METADATA)
    if key in {field, ""}:
        raise FilterUnsupported(field=field, op="")
    return f"m_{key}" if _PLAIN_KEY.fullmatch(key) else f"x_{key.encode('utf-8', 'backslashreplace').hex()}"


def number_slot(slot: str) -> str:
    """The slot in which a keyword slot's numbers stand as doubles."""
    return f"n_{slot}"


def is_number_slot(slot: str) -> bool:
    """Whether the slot holds doubles."""
    return slot.startswith("n_")


def encode(value: Scalar) -> str:
    """A value as keyword: equal values, and only those, have the same text (1 is 1.0, and is not True)."""
    if isinstance(value, bool):
        return "bt" if value else "bf"
    if isinstance(value, str):
        return f"s{value}"
    if isinstance(value, float) and value.is_integer():
        return f"n{int(value)}"
    return f"n{value!r}"


def decode(keyword: str) -> Scalar:
    """The value a keyword stands for; a whole number comes back as an integer."""
    letter, text = keyword[0], keyword[1:]
    if letter == "b":
        return text == "t"
    if letter == "s":
        return text
    return int(text) if text.lstrip("-").isdigit() else float(text)


def lower(filter_: Filter) -> Lowered:
    """The filter over slots; raises `FilterUnsupported` where the engine could not answer exactly."""
    match filter_:
        case And(items):
            return ["all", [lower(item) for item in items]]
        case Or(items):
            return ["any", [lower(item) for item in items]]
        case Not(item):
            return ["not", lower(item)]
        case Condition():
            return _lower_condition(filter_)


def _lower_condition(condition: Condition) -> Lowered:
    slot, op, value = slot_of(condition.field), condition.op, condition.value
    match op, value:
        case ((Op.NE | Op.EQ), str() | int() | float()):
            lowered = _lower_membership(slot, (value,))
        case ((Op.NIN | Op.IN), tuple()):
            lowered = _lower_membership(slot, value)
        case Op.EXISTS, bool():
            lowered = ["not", ["empty", slot]] if value else ["empty", slot]
        case Op.PREFIX, str():
            lowered = ["prefix", slot, encode(value)]
        case ((Op.GT | Op.GTE | Op.LT | Op.LTE), int() | float()) if _is_ordered(value):
            lowered = ["range", number_slot(slot), {_BOUNDS[op]: _double(value)}]
        case _:
            raise FilterUnsupported(field=condition.field, op=op.value)
    return ["not", lowered] if op in {Op.NE, Op.NIN} else lowered


def _lower_membership(slot: str, values: tuple[Scalar, ...]) -> Lowered:
    if not values:
        return _NEVER
    if slot == "chunk_id":
        return ["ids", [value for value in values if isinstance(value, str)]]
    return ["in", slot, sorted({encode(value) for value in values})]


def _is_ordered(value: Scalar | tuple[Scalar, ...]) -> TypeGuard[float]:
    """Whether a value is a number with a place among the others; booleans and NaN have none."""
    if isinstance(value, float):
        return not math.isnan(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _double(number: float) -> float:
    """The nearest double; what lies beyond them all counts as the largest."""
    try:
        return max(-sys.float_info.max, min(sys.float_info.max, float(number)))
    except OverflowError:
        return sys.float_info.max if number > 0 else -sys.float_info.max
