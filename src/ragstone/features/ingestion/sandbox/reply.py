"""What the parser process answers, checked: it has read hostile bytes, and may by now be ruled by them."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ragstone.engine.parsing.document import Block, MetadataValue, PageRange, ParsedDocument
from ragstone.engine.parsing.pdf_images import PageImage
from ragstone.features.ingestion.sandbox.problems import PARSER_PROBLEMS, DocumentParserCrashed
from ragstone.features.ingestion.sandbox.wire import (
    KINDS,
    MAX_BLOCKS,
    MAX_HEADING_DEPTH,
    MAX_LABEL_CHARS,
    MAX_METADATA,
    MAX_VALUE_CHARS,
    MAX_VALUES,
)
from ragstone.kit.problem import Fact, Problem

_N_SECTIONS: Final = 6
_N_SIZES: Final = 3
_UTF8_MAX_BYTES: Final = 4
_BLOCK_BYTES: Final = 16
_PAGE_BYTES: Final = 12

_Table: TypeAlias = NDArray[np.uint32]


class ReplyInvalid(ValueError):
    """The parser process answered something no parser would."""


def body_max_bytes(max_pages: int, max_chars: int) -> int:
    """The largest body of a document within the limits: text and blocks, as much again for headings, and pages."""
    n_blocks = min(max_chars, MAX_BLOCKS)
    page_bytes = _PAGE_BYTES + _UTF8_MAX_BYTES * (MAX_LABEL_CHARS + 1)
    return 2 * (_UTF8_MAX_BYTES * max_chars + _BLOCK_BYTES * n_blocks) + page_bytes * max_pages


def read_problem(header: Mapping[str, Any]) -> Problem | None:
    """The problem the parser met, if it met one. Raises `ReplyInvalid`."""
    if "failure" in header:
        return DocumentParserCrashed(cause=_text(header["failure"]))
    if "problem" not in header:
        return None
    problem = PARSER_PROBLEMS.get(_text(header["problem"]))
    facts = header.get("facts")
    if problem is None or not isinstance(facts, dict) or len(facts) > MAX_METADATA or "self" in facts:
        raise ReplyInvalid("an unknown problem")
    return problem(**{_text(name): _fact(value) for name, value in facts.items()})


def read_document(header: Mapping[str, Any], body: bytes, max_pages: int, max_chars: int) -> tuple[ParsedDocument, str]:
    """The document and its media type. Raises `ReplyInvalid` unless all of it is what a parser may return."""
    raw_text, raw_blocks, raw_pages, raw_headings, raw_titles, raw_labels = _sections(header.get("sections"), body)
    text = _decoded(raw_text)
    if len(text) > max_chars:
        raise ReplyInvalid("a text over the limit")
    paths = _paths(_table(raw_headings, 2), _decoded(raw_titles))
    title, metadata = header.get("title"), header.get("metadata")
    if not isinstance(metadata, dict) or len(metadata) > MAX_METADATA:
        raise ReplyInvalid("metadata out of bounds")
    document = ParsedDocument(
        text=text,
        blocks=_blocks(_table(raw_blocks, 4), len(text), paths),
        pages=_pages(_table(raw_pages, 3), _decoded(raw_labels), len(text), max_pages),
        title=None if title is None else _text(title),
        metadata={_text(name): _metadata_value(value) for name, value in metadata.items()},
    )
    return document, _text(header.get("media_type"))


def read_images(header: Mapping[str, Any], body: bytes, asked: Sequence[int]) -> tuple[PageImage, ...]:
    """The pictures of pages that were asked for. Raises `ReplyInvalid` unless they are such pictures."""
    pages = header.get("pages")
    if not isinstance(pages, list) or len(pages) > len(asked):
        raise ReplyInvalid("pictures missing")
    images, start, former = [], 0, 0
    for page in pages:
        if not (isinstance(page, list) and len(page) == _N_SIZES and all(type(value) is int for value in page)):
            raise ReplyInvalid("a picture without its size")
        number, width, height = page
        if number not in asked or number <= former or min(width, height) < 1 or start + width * height > len(body):
            raise ReplyInvalid("a picture out of bounds")
        images.append(PageImage(number, width, height, body[start : start + width * height]))
        start, former = start + width * height, number
    return tuple(images)


def _sections(lengths: object, body: bytes) -> list[bytes]:
    if not isinstance(lengths, list) or len(lengths) != _N_SECTIONS:
        raise ReplyInvalid("sections missing")
    if not all(type(length) is int and length >= 0 for length in lengths) or sum(lengths) != len(body):
        raise ReplyInvalid("sections that do not fill the body")
    ends = np.cumsum([0, *lengths]).tolist()
    return [body[start:end] for start, end in pairwise(ends)]


def _table(raw: bytes, n_columns: int) -> _Table:
    if len(raw) % (4 * n_columns):
        raise ReplyInvalid("a table with a broken row")
    return np.frombuffer(raw, dtype=np.uint32).reshape(-1, n_columns)


def _blocks(table: _Table, n_chars: int, paths: list[tuple[str, ...]]) -> tuple[Block, ...]:
    if len(table) > MAX_BLOCKS or (table[:, 0] >= len(KINDS)).any() or (table[:, 3] >= len(paths)).any():
        raise ReplyInvalid("blocks out of bounds")
    _check_ranges(table[:, 1], table[:, 2], n_chars)
    return tuple(Block(KINDS[kind], start, end, paths[heading]) for kind, start, end, heading in table.tolist())


def _pages(table: _Table, lines: str, n_chars: int, max_pages: int) -> tuple[PageRange, ...]:
    if len(table) > max_pages:
        raise ReplyInvalid("too many pages")
    _check_ranges(table[:, 1], table[:, 2], n_chars)
    labels = lines.split("\n") if lines else [""] * len(table)
    if len(labels) != len(table) or any(len(label) > MAX_LABEL_CHARS for label in labels):
        raise ReplyInvalid("labels that do not match their pages")
    rows = zip(table.tolist(), labels, strict=True)
    return tuple(PageRange(number, start, end, label or None) for (number, start, end), label in rows)


def _check_ranges(starts: NDArray[np.uint32], ends: NDArray[np.uint32], n_chars: int) -> None:
    """Ranges are in order, do not overlap, and are within the text."""
    if (starts > ends).any() or (starts[1:] < ends[:-1]).any() or (ends > n_chars).any():
        raise ReplyInvalid("ranges out of bounds")


def _paths(table: _Table, titles: str) -> list[tuple[str, ...]]:
    """The path of each heading; the root's is the first."""
    paths: list[tuple[str, ...]] = [()]
    position = 0
    for parent, n_chars in table.tolist():
        if len(paths) > MAX_BLOCKS or parent >= len(paths) or len(paths[parent]) >= MAX_HEADING_DEPTH:
            raise ReplyInvalid("headings out of bounds")
        paths.append((*paths[parent], titles[position : position + n_chars]))
        position += n_chars
    if position != len(titles):
        raise ReplyInvalid("titles that do not match their headings")
    return paths


def _decoded(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise ReplyInvalid("text that is not UTF-8") from error
    if "\0" in text:  # No canonical text has one, and Postgres cannot store it.
        raise ReplyInvalid("a NUL in the text")
    return text


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_VALUE_CHARS or "\0" in value:
        raise ReplyInvalid("not a short text")
    return value


def _metadata_value(value: object) -> MetadataValue:
    if isinstance(value, list) and len(value) <= MAX_VALUES:
        return tuple(map(_text, value))
    return value if isinstance(value, bool | int | float) else _text(value)


def _fact(value: object) -> Fact:
    return value if value is None or isinstance(value, bool | int | float) else _text(value)
