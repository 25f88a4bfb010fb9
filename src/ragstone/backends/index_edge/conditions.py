"""Lowered filters as the engine's own. Only the index process imports this."""

from uuid import UUID

from qdrant_edge import (
    FieldCondition,
    Filter,
    HasIdCondition,
    IsEmptyCondition,
    MatchAny,
    MatchPrefix,
    MatchValue,
    RangeFloat,
)

from ragstone.backends.index_edge.wire import Lowered

_ALWAYS = Filter()
_NEVER = Filter(must_not=[_ALWAYS])  # The engine takes a disjunction of nothing for one that always holds.


def condition(lowered: Lowered) -> Filter:
    """The engine's filter for a lowered one."""
    match lowered:
        case ["all", items]:
            return Filter(must=[condition(item) for item in items])
        case ["any", items]:
            return Filter(should=[condition(item) for item in items]) if items else _NEVER
        case ["not", item]:
            return Filter(must_not=[condition(item)])
        case _:
            return Filter(must=[_leaf(lowered)])


def _leaf(lowered: Lowered) -> FieldCondition | IsEmptyCondition | HasIdCondition:
    match lowered:
        case ["in", slot, [value]]:
            return FieldCondition(slot, match=MatchValue(value))
        case ["in", slot, values]:
            return FieldCondition(slot, match=MatchAny(values))
        case ["prefix", slot, text]:
            return FieldCondition(slot, match=MatchPrefix(text))
        case ["range", slot, bounds]:
            return FieldCondition(slot, range=RangeFloat(**bounds))
        case ["empty", slot]:
            return IsEmptyCondition(slot)
        case ["ids", values]:
            return HasIdCondition({value for value in values if _is_id(value)})
        case _:
            raise ValueError(f"no such condition: {lowered[:1]}")


def _is_id(text: str) -> bool:
    """Whether a text is a UUID as chunk ids spell it; any other text is no chunk's id."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
