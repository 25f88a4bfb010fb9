"""Files of records - NDJSON, CSV or TSV, packed with gzip or not - in portions that one request can carry."""

import codecs
import gzip
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from ragstone.engine.records.record import FieldInvalid
from ragstone.engine.records.tables import TableInvalid, TableReader

_DELIMITERS: Final = {".csv": None, ".tsv": "\t"}
_GZIP: Final = ".gz"
_MAX_ROW_CHARS: Final = 64 * 2**20
_PIECE_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One record as a line of JSON, with the number of its line in the file; or what is wrong with it."""

    number: int
    json: bytes
    wrong: str | None = None


class RecordFile:
    """A file of records that knows how much of it has been read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size_bytes = path.stat().st_size
        self._raw: IO[bytes] | None = None

    @property
    def position_bytes(self) -> int:
        """How far reading has come in the file as it lies on the disk."""
        return self._raw.tell() if self._raw is not None and not self._raw.closed else self.size_bytes

    def lines(self) -> Iterator[Line]:
        """Every record, from the beginning. Raises `OSError`, and `TableInvalid` where a table is none."""
        with self.path.open("rb") as raw:
            self._raw = raw
            suffixes = [suffix.lower() for suffix in self.path.suffixes]
            plain = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if suffixes[-1:] == [_GZIP] else raw
            kind = next((suffix for suffix in reversed(suffixes) if suffix != _GZIP), "")
            if kind in _DELIMITERS:
                yield from _rows(plain, _DELIMITERS[kind])
            else:
                lines = ((number, line.strip()) for number, line in enumerate(plain, 1))
                yield from (Line(number, line + b"\n") for number, line in lines if line)


def portions(lines: Iterator[Line], size: int) -> Iterator[list[Line]]:
    """The lines, so many at a time."""
    while portion := list(itertools.islice(lines, size)):
        yield portion


def _rows(file: IO[bytes], delimiter: str | None) -> Iterator[Line]:
    table = TableReader(delimiter, _MAX_ROW_CHARS)
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        while piece := file.read(_PIECE_BYTES):
            yield from (_line(*found) for found in table.feed(decoder.decode(piece)))
        yield from (_line(*found) for found in table.feed(decoder.decode(b"", final=True)))
    except UnicodeDecodeError as error:
        raise TableInvalid(table.line, str(error)) from error
    yield from (_line(*found) for found in table.finish())


def _line(number: int, found: object) -> Line:
    if isinstance(found, FieldInvalid):
        return Line(number, b"", found.reason)
    return Line(number, json.dumps(found, ensure_ascii=False).encode() + b"\n")
