"""The filter grammar in plain Python, the measure every backend is held to, and filters and fields to try it with."""

import math
import random
from collections.abc import Mapping, Sequence
from typing import Final

from ragstone.ports.filters import And, Condition, Filter, Not, Op, Or, Scalar

FieldValue = Scalar | tuple[str, ...]

_ABSENT: Final = 0.3
_LEAF: Final = 0.2
_KEYS: Final = ("metadata.a", 'metadata.b c."d"', "metadata.é", "tag", "language", "created_at", "size_bytes")
_TEXTS: Final = ("", "en", "en-GB", "3", "True", "مرحبا", "a\x00b")
_NUMBERS: Final = (0, 1, 1.0, -2.5, 3, 2**53 + 1, 10**400, -0.0)


def matches(filter_: Filter, fields: Mapping[str, FieldValue]) -> bool:
    """Whether a filter holds for a point with these fields."""
    match filter_:
        case And(items):
            return all(matches(item, fields) for item in items)
        case Or(items):
            return any(matches(item, fields) for item in items)
        case Not(item):
            return not matches(item, fields)
        case Condition():
            return _holds(filter_, fields.get(filter_.field, ()))


def random_fields(chance: random.Random) -> dict[str, FieldValue]:
    """Fields of every kind, some absent."""
    fields: dict[str, FieldValue] = {}
    for key in _KEYS:
        if chance.random() < _ABSENT:
            continue
        if key == "tag":
            fields[key] = tuple(chance.sample(_TEXTS, chance.randrange(3)))
        elif key in {"created_at", "size_bytes"}:
            fields[key] = chance.choice(_NUMBERS)
        elif key == "language":
            fields[key] = chance.choice(_TEXTS)
        else:
            fields[key] = chance.choice((*_TEXTS, *_NUMBERS, True, False))
    return fields


def all_conditions() -> list[Condition]:
    """Every operator on every kind of field, with values of every type it takes."""
    conditions = []
    for key in (*_KEYS, "metadata.absent"):
        values: tuple[Scalar, ...] = (*_TEXTS, *_NUMBERS, True, False)
        conditions += [Condition(key, op, value) for op in (Op.EQ, Op.NE) for value in values]
        conditions += [
            Condition(key, op, values[at:to]) for op in (Op.IN, Op.NIN) for at, to in ((0, 0), (1, 2), (5, 16))
        ]
        conditions += [Condition(key, op, value) for op in (Op.GT, Op.GTE, Op.LT, Op.LTE) for value in _NUMBERS]
        conditions += [Condition(key, Op.EXISTS, value=True), Condition(key, Op.EXISTS, value=False)]
        conditions += [Condition(key, Op.PREFIX, text) for text in ("", "en", "م", "zz")]
    return conditions


def random_filter(chance: random.Random, conditions: Sequence[Condition], depth: int) -> Filter:
    """Conditions nested at random, up to `depth` levels."""
    if depth == 0 or chance.random() < _LEAF:
        return chance.choice(conditions)
    shape = chance.choice((And, Or, Not))
    if shape is Not:
        return Not(random_filter(chance, conditions, depth - 1))
    items = tuple(random_filter(chance, conditions, depth - 1) for _ in range(chance.randrange(4)))
    return And(items) if shape is And else Or(items)


def _holds(condition: Condition, actual: FieldValue) -> bool:
    values: tuple[Scalar, ...] = actual if isinstance(actual, tuple) else (actual,)
    op, wanted = condition.op, condition.value
    if isinstance(wanted, tuple):
        return any(_equal(value, item) for value in values for item in wanted) is (op is Op.IN)
    if op in {Op.EQ, Op.NE}:
        return any(_equal(value, wanted) for value in values) is (op is Op.EQ)
    if op is Op.EXISTS:
        return bool(values) is wanted
    if op is Op.PREFIX:
        return any(isinstance(value, str) and value.startswith(str(wanted)) for value in values)
    return any(_compares(op, value, wanted) for value in values)


def _equal(left: Scalar, right: Scalar) -> bool:
    return _family(left) is _family(right) and left == right


def _family(value: Scalar) -> type:
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)


def _compares(op: Op, value: Scalar, wanted: Scalar) -> bool:
    if _family(value) is not float:
        return False
    left, right = _double(value), _double(wanted)
    return {Op.GT: left > right, Op.GTE: left >= right, Op.LT: left < right, Op.LTE: left <= right}[op]


def _double(value: Scalar) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf
