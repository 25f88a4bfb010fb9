"""The planner, the encoding of fields, and the frames: values in, values out."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.backends.index_edge.fields import decode, encode, payload, slot_of
from ragstone.backends.index_edge.layout import read_json, write_json
from ragstone.backends.index_edge.planner import DensePlan, plan_dense
from ragstone.backends.index_edge.wire import MAX_FRAME_BYTES, FrameReader, floats, frame, pack, unpack
from ragstone.ports.filters import FilterUnsupported
from ragstone.ports.search_index import Plan

SCALARS = st.one_of(st.text(), st.integers(), st.booleans(), st.floats(allow_nan=False))


@pytest.mark.parametrize(
    ("points", "matching", "indexed", "plan"),
    [
        (100_000, 0, 100_000, Plan.NONE),
        (100_000, 20_000, 100_000, Plan.EXACT),
        (100_000, 27_000, 100_000, Plan.EXACT),
        (100_000, 30_000, 100_000, Plan.HNSW),
        (100_000, 100_000, 100_000, Plan.HNSW),
        (100_000, 100_000, 0, Plan.EXACT),
        (1_000_000, 60_000, 1_000_000, Plan.EXACT),
        (1_000_000, 61_000, 1_000_000, Plan.ACORN),
    ],
)
def test_the_plan_follows_the_match_count(points: int, matching: int, indexed: int, plan: Plan) -> None:
    assert plan_dense(points, matching, indexed, 10).plan is plan


def test_the_beam_widens_as_fewer_points_match() -> None:
    beams = [plan_dense(100_000, share * 1000, 100_000, 10).ef for share in (100, 50, 40, 30)]
    assert beams == [64, 96, 150, 267]
    assert plan_dense(100_000, 100_000, 100_000, 200) == DensePlan(Plan.HNSW, 400)


@given(SCALARS, SCALARS)
def test_values_share_a_keyword_only_if_they_are_equal(left: str | float, right: str | float) -> None:
    same = isinstance(left, str | bool) == isinstance(right, str | bool) and left == right
    assert (encode(left) == encode(right)) is (same and isinstance(left, bool) is isinstance(right, bool))


@given(SCALARS)
def test_a_keyword_tells_its_value(value: str | float) -> None:
    assert decode(encode(value)) == value
    assert isinstance(decode(encode(value)), bool) is isinstance(value, bool)


@given(st.text(min_size=1), st.text(min_size=1))
def test_metadata_keys_never_share_a_slot(left: str, right: str) -> None:
    assert (slot_of(f"metadata.{left}") == slot_of(f"metadata.{right}")) is (left == right)


def test_a_field_no_filter_could_name_is_refused() -> None:
    with pytest.raises(FilterUnsupported):
        payload("id", {"owner": "me"})


@given(st.lists(st.binary(max_size=300), max_size=8), st.integers(1, 50))
def test_frames_survive_any_cutting_of_the_stream(bodies: list[bytes], step: int) -> None:
    stream = b"".join(frame(body) for body in bodies)
    reader = FrameReader()
    found = [body for at in range(0, len(stream), step) for body in reader.feed(stream[at : at + step])]
    assert found == bodies


def test_a_frame_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="larger"):
        list(FrameReader().feed((MAX_FRAME_BYTES + 1).to_bytes(4, "big")))


def test_text_without_a_utf8_form_travels_as_an_escape() -> None:
    assert unpack(pack("a\ud800")) == "a\\ud800"


def test_vectors_travel_as_little_endian_floats() -> None:
    assert floats(b"\0\0\x80\x3f\0\0\0\xc0") == [1.0, -2.0]


def test_a_file_of_another_shape_reads_as_empty(tmp_path: Path) -> None:
    assert read_json(tmp_path / "none.json") == {}
    (tmp_path / "list.json").write_text("[1]")
    assert read_json(tmp_path / "list.json") == {}
    write_json(tmp_path / "object.json", {"a": 1})
    assert read_json(tmp_path / "object.json") == {"a": 1}
