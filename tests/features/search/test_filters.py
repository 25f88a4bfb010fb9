"""The filter tree on the wire."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from ragstone.features.search.filters import FilterNode
from ragstone.ports.filters import And, Condition, Filter, Not, Op, Or

_NODE: TypeAdapter[Any] = TypeAdapter(FilterNode)


def parse(wire: object) -> Filter:
    tree: Filter = _NODE.validate_python(wire).tree()
    return tree


@pytest.mark.parametrize(
    ("wire", "tree"),
    [
        ({"field": "tag", "op": "eq", "value": "a"}, Condition("tag", Op.EQ, "a")),
        ({"field": "tag", "op": "in", "value": ["a", "b"]}, Condition("tag", Op.IN, ("a", "b"))),
        ({"field": "metadata.a.b", "op": "gte", "value": 1.5}, Condition("metadata.a.b", Op.GTE, 1.5)),
        ({"field": "metadata.x", "op": "exists", "value": False}, Condition("metadata.x", Op.EXISTS, False)),
        ({"field": "size_bytes", "op": "lt", "value": 10}, Condition("size_bytes", Op.LT, 10)),
        (
            {"field": "created_at", "op": "gt", "value": "2026-01-01T01:00:00+01:00"},
            Condition("created_at", Op.GT, 1767225600.0),
        ),
        ({"and": []}, And(())),
        (
            {"or": [{"not": {"field": "type", "op": "ne", "value": "x"}}, {"and": []}]},
            Or((Not(Condition("type", Op.NE, "x")), And(()))),
        ),
    ],
)
def test_a_tree_is_read_as_it_stands(wire: object, tree: Filter) -> None:
    assert parse(wire) == tree


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        ({"field": "tenant_id", "op": "eq", "value": "x"}, "unknown field"),
        ({"field": "version_id", "op": "eq", "value": "x"}, "unknown field"),
        ({"field": "tag", "op": "like", "value": "x"}, "Input should be"),
        ({"field": "tag", "op": "eq", "value": ["x"]}, "takes one value"),
        ({"field": "tag", "op": "in", "value": "x"}, "takes a list"),
        ({"field": "tag", "op": "exists", "value": "yes"}, "true or false"),
        ({"field": "filename", "op": "prefix", "value": 1}, "takes a text"),
        ({"field": "size_bytes", "op": "gt", "value": "large"}, "number"),
        ({"field": "created_at", "op": "gt", "value": "2026-01-01T00:00:00"}, "time zone"),
        ({"field": "created_at", "op": "gt", "value": "yesterday"}, "isoformat"),
        ({"field": "tag", "op": "in", "value": ["x"] * 1001}, "more than 1000"),
        ({"field": "tag", "op": "eq", "value": "x", "also": 1}, "Extra inputs"),
        ({"and": [{"field": "tag"}]}, "Field required"),
        ({"and": {}}, "valid list"),
        ({"xor": []}, "Field required"),
        ([], "valid dictionary"),
        ("tag", "valid dictionary"),
    ],
)
def test_what_is_not_understood_is_refused_and_never_ignored(wire: object, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        parse(wire)
