"""Templates put values where they belong and evaluate nothing."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.records.record import FieldInvalid, MappingInvalid
from ragstone.engine.records.template import Place, parse_template

NAMES = st.text(st.characters(exclude_characters="{}", codec="utf-8"), min_size=1, max_size=20).filter(
    lambda name: bool(name.strip()) and name == name.strip() and not name.endswith("?")
)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


def escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def test_values_stand_where_their_fields_are_named() -> None:
    template = parse_template("Payment of {amount} by {body} to {Paid to}: {{{amount}}}")
    record = {"amount": 12.5, "body": "bradford", "Paid to": "Drake"}
    assert template.render(record) == "Payment of 12.5 by bradford to Drake: {12.5}"


@given(st.lists(st.tuples(VALUES, NAMES, VALUES), max_size=5), VALUES)
def test_every_text_around_fields_and_every_value_comes_out_as_it_is(
    parts: list[tuple[str, str, str]], end: str
) -> None:
    record = {name: value for _, name, value in parts}
    source = "".join(f"{escaped(before)}{{{name}}}" for before, name, _ in parts) + escaped(end)
    expected = "".join(before + record[name] for before, name, _ in parts) + end
    assert parse_template(source).render(record) == expected


@given(st.text(string.printable + "{}{}{}"))
def test_any_text_is_a_template_or_an_invalid_mapping(source: str) -> None:
    try:
        template = parse_template(source)
    except MappingInvalid:
        return
    rendered = template.render({part.name: "" for part in template.parts if isinstance(part, Place)})
    assert rendered == "".join(part for part in template.parts if isinstance(part, str))


@pytest.mark.parametrize(
    "source", ["{a.__class__}", "{a[0]}", "{a!r}", "{a:>100000000}", "{0}", "{__builtins__}", "{a.b}"]
)
def test_a_name_is_a_key_and_never_code(source: str) -> None:
    with pytest.raises(FieldInvalid) as caught:
        parse_template(source).render({"a": "value"})
    assert caught.value.field == source.strip("{}")
    assert parse_template(source).render({source.strip("{}"): "ok"}) == "ok"


@pytest.mark.parametrize("source", ["{", "}", "a } b", "{a", "{a{b}}", "{}", "{ }", "{?}"])
def test_a_lone_brace_or_a_place_without_a_name_is_refused(source: str) -> None:
    with pytest.raises(MappingInvalid):
        parse_template(source)


def test_a_missing_field_is_an_error_unless_it_may_be_missing_and_an_empty_one_is_empty() -> None:
    assert parse_template("a{b?}c").render({}) == "ac"
    assert parse_template("a{b}c").render({"b": None}) == "ac"
    with pytest.raises(FieldInvalid, match="no such field"):
        parse_template("a{b}c").render({})


@pytest.mark.parametrize("value", [[1], {"a": 1}, "a\0b"])
def test_only_plain_values_become_text(value: object) -> None:
    with pytest.raises(FieldInvalid):
        parse_template("{a}").render({"a": value})


def test_values_are_written_as_json_writes_them() -> None:
    render = parse_template("{a}").render
    assert [render({"a": value}) for value in (True, False, 7, 1.5, 1e22)] == ["true", "false", "7", "1.5", "1e+22"]
