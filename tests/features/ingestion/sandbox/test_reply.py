from array import array
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ragstone.engine.parsing.document import Block, BlockKind, PageRange, ParsedDocument
from ragstone.engine.parsing.problems import DocumentHasNoText
from ragstone.features.ingestion.sandbox.reply import ReplyInvalid, read_document, read_problem
from ragstone.features.ingestion.sandbox.wire import PREFIX, document_sections, message, read_header, read_prefix
from ragstone.kit.problem import Problem

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
LABELS = st.none() | st.sampled_from(["iv", "A-1", "x" * 40])


def rows(*numbers: int) -> bytes:
    return array("I", numbers).tobytes()


@st.composite
def documents(draw: st.DrawFn) -> ParsedDocument:
    text = draw(TEXTS)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=10)))
    ranges = list(zip(cuts[::2], cuts[1::2], strict=False))
    paths = st.lists(TEXTS, max_size=3).map(tuple)
    return ParsedDocument(
        text,
        tuple(Block(draw(st.sampled_from(BlockKind)), start, end, draw(paths)) for start, end in ranges),
        tuple(PageRange(number, *range_, draw(LABELS)) for number, range_ in enumerate(ranges, 1)),
        draw(st.none() | TEXTS),
        draw(st.dictionaries(TEXTS, TEXTS, max_size=3)),
    )


def reply(parts: tuple[bytes, ...], **header: Any) -> tuple[dict[str, Any], bytes]:
    usual: dict[str, Any] = {
        "media_type": "text/plain",
        "title": None,
        "metadata": {},
        "sections": [len(part) for part in parts],
    }
    return usual | header, b"".join(parts)


@given(documents())
def test_a_document_arrives_as_it_was_sent(document: ParsedDocument) -> None:
    header, body = reply(document_sections(document), title=document.title, metadata=document.metadata)
    assert read_document(header, body, max_pages=10, max_chars=100) == (document, "text/plain")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5)
VALUES = SCALARS | st.lists(SCALARS | st.lists(SCALARS), max_size=5) | st.dictionaries(SCALARS, SCALARS, max_size=3)


@settings(suppress_health_check=[HealthCheck.too_slow])  # Of a busy machine, and of no interest.
@given(
    st.dictionaries(st.sampled_from(["media_type", "title", "metadata", "sections", "problem", "facts"]), VALUES),
    st.tuples(*[st.binary(max_size=48)] * 6),
)
def test_whatever_is_answered_is_a_document_a_problem_or_invalid(
    changes: dict[str, Any], sections: tuple[bytes, ...]
) -> None:
    header, body = reply(sections, **changes)
    try:
        found = read_problem(header) or read_document(header, body, max_pages=10, max_chars=100)
    except ReplyInvalid:
        return
    assert isinstance(found, Problem | tuple)


@given(st.binary(max_size=200))
def test_a_header_is_a_map_or_invalid(packed: bytes) -> None:
    try:
        assert isinstance(read_header(packed), dict)
    except ValueError:
        return


def test_a_message_over_its_limits_is_refused() -> None:
    with pytest.raises(ValueError, match="a header of"):
        message({"metadata": "x" * 2**25})
    with pytest.raises(ValueError, match="a message of"):
        read_prefix(message({}, 11)[: PREFIX.size], 10)


@pytest.mark.parametrize(
    ("sections", "reason"),
    [
        ((b"\xff", b"", b"", b"", b"", b""), "UTF-8"),
        ((b"\xed\xa0\x80", b"", b"", b"", b"", b""), "UTF-8"),
        ((b"a\0", b"", b"", b"", b"", b""), "NUL"),
        ((b"x" * 101, b"", b"", b"", b"", b""), "over the limit"),
        ((b"abc", b"123", b"", b"", b"", b""), "broken row"),
        ((b"abc", rows(99, 0, 1, 0), b"", b"", b"", b""), "blocks"),
        ((b"abc", rows(0, 0, 1, 1), b"", b"", b"", b""), "blocks"),
        ((b"abc", rows(0, 0, 4, 0), b"", b"", b"", b""), "ranges"),
        ((b"abc", rows(0, 2, 1, 0), b"", b"", b"", b""), "ranges"),
        ((b"abc", rows(0, 0, 2, 0, 0, 1, 3, 0), b"", b"", b"", b""), "ranges"),
        (("é".encode(), rows(0, 0, 2, 0), b"", b"", b"", b""), "ranges"),
        ((b"abc", b"", rows(1, 0, 4), b"", b"", b""), "ranges"),
        ((b"abc", b"", rows(*[1, 0, 0] * 11), b"", b"", b""), "pages"),
        ((b"abc", b"", b"", rows(1, 0), b"", b""), "headings"),
        ((b"abc", b"", b"", rows(*[number for n in range(40) for number in (n, 0)]), b"", b""), "headings"),
        ((b"abc", b"", b"", rows(0, 3), b"ab", b""), "titles"),
        ((b"abc", b"", b"", rows(0, 1), b"ab", b""), "titles"),
        ((b"abc", b"", rows(1, 0, 1), b"", b"", b"i\nii"), "labels"),
        ((b"abc", b"", rows(1, 0, 1), b"", b"", b"x" * 41), "labels"),
    ],
)
def test_a_document_no_parser_returns_is_invalid(sections: tuple[bytes, ...], reason: str) -> None:
    with pytest.raises(ReplyInvalid, match=reason):
        read_document(*reply(sections), max_pages=10, max_chars=100)


@pytest.mark.parametrize(
    "header",
    [
        {"sections": [0, 0, 0, 0, 0]},
        {"sections": [0, 0, 0, 0, 0, 1]},
        {"sections": [1, -1, 0, 0, 0, 0]},
        {"title": "x" * 3000},
        {"title": 1},
        {"metadata": {"a": {}}},
        {"metadata": {"a": ["x"] * 21}},
        {"metadata": {"a": [1]}},
        {"metadata": {str(number): "" for number in range(101)}},
        {"media_type": None},
    ],
)
def test_a_header_no_parser_sends_is_invalid(header: dict[str, Any]) -> None:
    with pytest.raises(ReplyInvalid):
        read_document(*reply((b"", b"", b"", b"", b"", b""), **header), max_pages=10, max_chars=100)


def test_a_problem_of_a_parser_is_itself_again() -> None:
    problem = read_problem(
        {"problem": "document_has_no_text", "facts": {"media_type": "application/pdf", "n_pages": 3}}
    )
    assert isinstance(problem, DocumentHasNoText)
    assert problem.facts == {"media_type": "application/pdf", "n_pages": 3}


@pytest.mark.parametrize("facts", [None, {"a": []}, {"a": "x" * 3000}, {1: "a"}, {"self": 1}])
def test_a_problem_with_strange_facts_is_invalid(facts: object) -> None:
    with pytest.raises(ReplyInvalid):
        read_problem({"problem": "document_empty", "facts": facts})
