"""Streams of records - JSON objects, one a line, or the rows of a table - as texts to be kept, a piece at a time."""

import codecs
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeAlias

from pydantic import ValidationError
from pydantic_core import from_json

from ragstone.engine.records.mapping import RecordMapping, apply_mapping
from ragstone.engine.records.record import FieldInvalid, Record
from ragstone.engine.records.tables import TableInvalid, TableReader
from ragstone.features.documents.intake.draft import Label, TextDraft
from ragstone.features.documents.intake.schemas import DocumentCreate
from ragstone.kit.problem import Kind, Problem

JSON_LINES: Final = frozenset({"application/x-ndjson", "application/jsonl"})
TABLES: Final = {"text/csv": None, "text/tab-separated-values": "\t"}
"""Media types of tables, with what parts their cells where the type says it."""


class RecordMappingMissing(Problem):
    """A table says nothing of documents by itself; it needs a mapping."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "record_mapping_missing"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that cannot be made a document: where it is, which of its fields, and why."""

    line: int
    field: str
    reason: str


class StreamUnreadable(Exception):
    """The stream cannot be read on, or should not be, because of what stands in one place."""

    def __init__(self, rejected: Rejected) -> None:
        self.rejected = rejected
        super().__init__(f"line {rejected.line}: {rejected.reason}")


Found: TypeAlias = TextDraft | Rejected


@dataclass(frozen=True, slots=True)
class RecordStream:
    """What a stream holds, and whether what is invalid in it is left out or ends it."""

    found: AsyncIterator[Found]
    skip_invalid: bool = False


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """How a stream is to be read: its media type, character set, mapping, and the longest record it may hold."""

    media_type: str
    charset: str
    mapping: RecordMapping | None
    max_record_bytes: int


def iter_found(body: AsyncIterable[bytes], format_: StreamFormat) -> AsyncIterator[Found]:
    """What the body holds, in order. Raises `RecordMappingMissing`; `StreamUnreadable` where reading cannot go on."""
    if format_.media_type not in TABLES:
        read = _read_document if format_.mapping is None else _read_mapped(format_.mapping)
        return _iter_lines(body, format_.max_record_bytes, read)
    if format_.mapping is None:
        raise RecordMappingMissing(media_type=format_.media_type)
    return _iter_rows(body, format_, format_.mapping)


async def _iter_lines(
    body: AsyncIterable[bytes], max_bytes: int, read: Callable[[int, bytes], Found]
) -> AsyncIterator[Found]:
    rest = b""
    number = 0
    async for piece in body:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            number += 1
            if line.strip():
                yield read(number, line)
        if len(rest) > max_bytes:
            raise StreamUnreadable(Rejected(number + 1, "", f"longer than {max_bytes} bytes"))
    if rest.strip():
        yield read(number + 1, rest)


def _read_document(number: int, line: bytes) -> Found:
    try:
        return DocumentCreate.model_validate_json(line).draft()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return Rejected(number, ".".join(str(part) for part in first["loc"]), first["msg"])


def _read_mapped(mapping: RecordMapping) -> Callable[[int, bytes], Found]:
    def read(number: int, line: bytes) -> Found:
        try:
            record: Any = from_json(line, allow_inf_nan=False)
        except ValueError as error:
            return Rejected(number, "", str(error))
        if not isinstance(record, dict):
            return Rejected(number, "", "not a JSON object")
        return _mapped(mapping, number, record)

    return read


async def _iter_rows(body: AsyncIterable[bytes], format_: StreamFormat, mapping: RecordMapping) -> AsyncIterator[Found]:
    table = TableReader(TABLES[format_.media_type], format_.max_record_bytes)
    decoder = _decoder(format_.charset)
    try:
        async for piece in body:
            for found in _mapped_rows(mapping, table.feed(decoder.decode(piece))):
                yield found
        for rows in (table.feed(decoder.decode(b"", final=True)), table.finish()):
            for found in _mapped_rows(mapping, rows):
                yield found
    except TableInvalid as error:
        raise StreamUnreadable(Rejected(error.line, "", error.reason)) from error
    except UnicodeDecodeError as error:
        raise StreamUnreadable(Rejected(table.line, "", str(error))) from error


def _mapped_rows(mapping: RecordMapping, rows: Iterator[tuple[int, Record | FieldInvalid]]) -> Iterator[Found]:
    for line, row in rows:
        yield Rejected(line, row.field, row.reason) if isinstance(row, FieldInvalid) else _mapped(mapping, line, row)


def _mapped(mapping: RecordMapping, line: int, record: Record) -> Found:
    try:
        made = apply_mapping(mapping, record)
    except FieldInvalid as error:
        return Rejected(line, error.field, error.reason)
    label = Label(made.tags, made.metadata)
    return TextDraft(made.text, made.title, made.external_id, label=label, language=made.language)


def _decoder(charset: str) -> codecs.IncrementalDecoder:
    """Raises `StreamUnreadable` for a character set Python does not know."""
    name = "utf-8-sig" if charset.lower() in {"", "utf-8", "utf8"} else charset
    try:
        "".encode(name)  # Unlike a look-up, it refuses codecs that are not of texts.
        return codecs.getincrementaldecoder(name)()
    except LookupError as error:
        raise StreamUnreadable(Rejected(0, "", f"the character set {charset} is not known")) from error
