"""A mapping makes of a record what it says, and tells which field it could not use."""

import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.records.mapping import MappedRecord, apply_mapping, parse_mapping, parse_metadata_field
from ragstone.engine.records.record import FieldInvalid, MappingInvalid
from ragstone.engine.records.types import TYPES

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
PAYMENT = {
    "id": "14",
    "body": "bradford",
    "payment_date": "2013-04-08",
    "amount": "1200.00",
    "unit": "",
    "beneficiary": "GRICE BROS & CO LTD",
}


def applied(
    record: Mapping[str, Any], text: str = "{body}", metadata: tuple[str, ...] = (), **more: Any
) -> MappedRecord:
    return apply_mapping(parse_mapping(text, metadata=map(parse_metadata_field, metadata), **more), record)


def test_a_payment_becomes_a_document_with_typed_metadata() -> None:
    made = applied(
        PAYMENT,
        "Payment of {amount} by {body} to {beneficiary}.",
        ("amount:float", "payment_date:date", "body", "unit"),
        title="{beneficiary}",
        external_id=["id"],
        tags=["payment", "{unit}", "{body}", "payment"],
        language="en",
    )
    assert made == MappedRecord(
        text="Payment of 1200.00 by bradford to GRICE BROS & CO LTD.",
        title="GRICE BROS & CO LTD",
        external_id="14",
        metadata={"amount": 1200.0, "payment_date": "2013-04-08", "body": "bradford"},
        tags=("payment", "bradford"),
        language="en",
    )


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("int", "12", 12),
        ("int", 12.0, 12),
        ("float", "1e3", 1000.0),
        ("float", 3, 3.0),
        ("bool", "Yes", True),
        ("bool", 0, False),
        ("bool", True, True),
        ("str", 17, "17"),
        ("date", "2013-04-26", "2013-04-26"),
        ("date", "20130426", "2013-04-26"),
        ("date", "2013-04-26T23:30:00-02:00", "2013-04-27T01:30:00Z"),
    ],
)
def test_a_value_becomes_one_of_its_type(type_: str, value: object, expected: object) -> None:
    made = applied({"body": "b", "a": value}, metadata=(f"a:{type_}",)).metadata["a"]
    assert made == expected
    assert type(made) is type(expected)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("int", "12.5"),
        ("int", True),
        ("int", 1.5),
        ("float", "twelve"),
        ("float", "nan"),
        ("float", math.inf),
        ("bool", "maybe"),
        ("date", "26/04/2013"),
        ("date", "2013-02-30"),
        ("str", {"a": 1}),
        ("str", "x" * 10_001),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(type_: str, value: object) -> None:
    with pytest.raises(FieldInvalid) as caught:
        applied({"body": "b", "when or what": value}, metadata=(f"when or what:{type_}",))
    assert caught.value.field == "when or what"


@given(st.sampled_from([*TYPES, None]), JSON_VALUES)
def test_whatever_a_field_holds_it_becomes_plain_metadata_or_is_refused(type_: str | None, value: Any) -> None:
    source = "field" if type_ is None else f"field:{type_}"
    try:
        made = applied({"body": "b", "field": value}, metadata=(source,)).metadata
    except FieldInvalid:
        return
    if "field" not in made:
        assert value is None or value == ""
        return
    kept = made["field"]
    assert isinstance(kept, str | int | float | bool | list)
    assert not isinstance(kept, float) or math.isfinite(kept)


def test_a_field_that_is_missing_is_refused_unless_it_may_be() -> None:
    assert applied({"body": "b"}, metadata=("amount:float?",)).metadata == {}
    with pytest.raises(FieldInvalid, match="no such field") as caught:
        applied({"body": "b"}, metadata=("amount:float",))
    assert caught.value.field == "amount"


@given(
    st.lists(st.text(min_size=1, max_size=5), min_size=2, max_size=2),
    st.lists(st.text(min_size=1, max_size=5), min_size=2, max_size=2),
)
def test_two_records_meet_under_one_identifier_only_if_their_fields_are_the_same(
    first: list[str], second: list[str]
) -> None:
    def identifier(values: list[str]) -> str | None:
        record = {"body": "b", "a": values[0].replace("\0", ""), "b": values[1].replace("\0", "")}
        if not record["a"] and not record["b"]:
            return None
        return applied(record, external_id=["a", "b"]).external_id

    same = [value.replace("\0", "") for value in first] == [value.replace("\0", "") for value in second]
    assert (identifier(first) == identifier(second)) is same or identifier(first) is identifier(second) is None


@pytest.mark.parametrize("record", [{"id": ""}, {"id": None}, {"id": "x" * 501}, {}])
def test_an_identifier_has_to_be_there_and_of_decent_length(record: dict[str, Any]) -> None:
    with pytest.raises(FieldInvalid) as caught:
        applied({"body": "b"} | record, external_id=["id"])
    assert caught.value.field == "id"


def test_a_document_needs_text() -> None:
    with pytest.raises(FieldInvalid, match="no text"):
        applied({"body": " "})


@pytest.mark.parametrize("language", ["english", "EN", "12", "é"])
def test_a_language_is_a_code(language: str) -> None:
    with pytest.raises(FieldInvalid):
        applied(PAYMENT, language=language)


def test_a_colon_that_is_no_type_belongs_to_the_name() -> None:
    assert parse_metadata_field("dc:title").place.name == "dc:title"
    assert parse_metadata_field("dc:title:str").place.name == "dc:title"
    assert parse_metadata_field("dc:date:date?", "when").key == "when"


def test_an_empty_template_is_refused() -> None:
    with pytest.raises(MappingInvalid):
        parse_mapping("")
