"""The ground floor."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.kit import sse
from ragstone.kit.i18n import message, negotiate
from ragstone.kit.ids import new_id
from ragstone.kit.latest import Latest
from ragstone.kit.pagination import CursorInvalid, decode_cursor, encode_cursor


def test_ids_have_their_prefix_and_sort_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(range(1_700_000_000_000_000_000, 1_900_000_000_000_000_000, 10_000_000_000_000_000))
    monkeypatch.setattr("time.time_ns", lambda: next(times))
    ids = [new_id("doc") for _ in range(20)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 20
    assert {id_[:4] for id_ in ids} == {"doc_"}
    assert {len(id_) for id_ in ids} == {30}


@given(st.lists(st.one_of(st.text(), st.integers(), st.floats(allow_nan=False)), min_size=1, max_size=3))
def test_a_cursor_comes_back_as_it_was(position: list[str | int | float]) -> None:
    assert decode_cursor(encode_cursor(*position), len(position)) == tuple(position)


@pytest.mark.parametrize("cursor", ["", "%%%", "bm90IGpzb24", "WzEsMl0", "e30", "W1tdXQ", "\x00", "é"])
def test_a_cursor_of_another_hand_is_refused(cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        decode_cursor(cursor, 1)


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        (None, "en"),
        ("", "en"),
        ("ar", "ar"),
        ("ar-EG,ar;q=0.9,en;q=0.8", "ar"),
        ("fr, en;q=0.5, ar;q=0.7", "ar"),
        ("fr", "en"),
        ("en;q=0.9, ar;q=0.1", "en"),
        ("ar;q=zero", "en"),
        ("*", "en"),
    ],
)
def test_the_best_language_we_have_is_chosen(header: str | None, locale: str) -> None:
    assert negotiate(header) == locale


def test_a_message_is_filled_with_facts() -> None:
    assert message("problem.job_not_found.detail", "en", job_id="job_1") == "There is no job job_1."
    assert "job_1" in message("problem.job_not_found.detail", "ar", job_id="job_1")
    assert message("problem.job_not_found.detail", "und", job_id="job_1") == "There is no job job_1."


async def test_events_are_sent_with_a_comment_when_nothing_happens() -> None:
    gate = asyncio.Event()

    async def events() -> AsyncIterator[sse.SentEvent]:
        yield sse.SentEvent("delta", {"text": "line\nbreak — العربية"})
        await gate.wait()
        yield sse.SentEvent("done", {})

    sent = sse.stream(events(), keep_alive_s=0.01)
    first = (await anext(sent)).decode()
    name, data, *rest = first.split("\n")
    assert (name, rest) == ("event: delta", ["", ""])
    assert json.loads(data.removeprefix("data: ")) == {"text": "line\nbreak — العربية"}
    assert await anext(sent) == b": keep-alive\n\n"
    gate.set()
    assert [piece async for piece in sent if not piece.startswith(b":")] == [b"event: done\ndata: {}\n\n"]


async def test_closing_the_stream_closes_its_source() -> None:
    closed = asyncio.Event()

    async def events() -> AsyncIterator[sse.SentEvent]:
        try:
            while True:
                yield sse.SentEvent("delta", {})
                await asyncio.sleep(0)
        finally:
            closed.set()

    sent = sse.stream(events())
    await anext(sent)
    await sent.aclose()  # type: ignore[attr-defined]  # It is a generator, as the function is one.
    await asyncio.wait_for(closed.wait(), 2)


def test_what_was_taken_out_and_put_back_gives_way_to_what_came_later() -> None:
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    latest = Latest()
    latest.note("a", early)
    latest.note("b", early)
    taken = latest.take()
    assert latest.find("a") is None
    latest.note("a", late)
    latest.put_back(taken)
    assert latest.take() == {"a": late, "b": early}
