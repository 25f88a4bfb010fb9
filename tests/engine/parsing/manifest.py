"""Real files that nobody on this project wrote, with the outcome and the text they are known to have."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits
from ragstone.features.ingestion.sandbox.process import ParserProcess, SandboxLimits
from ragstone.kit.problem import Problem

DOCUMENTS = Path(__file__).parents[4] / "shared" / "data" / "documents"
LIMITS = SandboxLimits(
    memory_bytes=1024 * 2**20, cpu_s=60, wall_s=120, parse=ParseLimits(max_pages=5000, max_chars=20_000_000)
)
"""What the settings allow by default."""

_WORDS = re.compile(r"\w+")
_NOT_IN_FILES = re.compile(r"\]\([^)]*\)|<!--.*?-->|\\[A-Za-z]*|(?<=\d) 00:00:00\b")
_REPEATED_CELL = re.compile(r"(?<=\|)([^|\n]*\w[^|\n]*)\|(?=\1\|)")
_CODES = {"corrupt", "empty", "encrypted", "hostile"}


@dataclass(frozen=True)
class Row:
    """A file of the manifest. `outcome` is `ok` or the code of a problem, once the password, if any, is given."""

    file: str
    outcome: str
    password: str | None
    reference: Path | None

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return (DOCUMENTS / self.file).read_bytes()


@dataclass(frozen=True)
class Reading:
    """How reading a file ended. `refusal` is how it ended without the password, where there is one."""

    row: Row
    outcome: str
    refusal: str | None
    media_type: str | None
    document: ParsedDocument | None
    time_s: float

    @property
    def recall(self) -> float | None:
        """The share of the reference's words that the text has, where there is a reference."""
        if self.row.reference is None:
            return None
        text = self.document.text if self.document else ""
        return word_recall(self.row.reference.read_text("utf-8"), text)


def manifest() -> list[Row]:
    """The rows of the manifest; none where it is not beside the repository."""
    path = DOCUMENTS / "manifest.jsonl"
    if not path.exists():
        return []
    return [_row(json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def _row(entry: dict[str, str]) -> Row:
    expect, _, password = entry["expect"].partition(":")
    code = f"document_{expect}" if expect in _CODES else {"notext": "document_has_no_text"}.get(expect, "ok")
    reference = entry.get("expected")
    return Row(entry["file"], code, password or None, DOCUMENTS / reference if reference else None)


def read_all(limits: SandboxLimits = LIMITS) -> list[Reading]:
    """Every file of the manifest, read as a server would read it."""

    async def read() -> list[Reading]:
        return [reading async for reading in _iter_readings(limits)]

    return asyncio.run(read())


async def _iter_readings(limits: SandboxLimits) -> AsyncIterator[Reading]:
    async with ParserProcess(limits) as parser:
        for row in manifest():
            refusal = (await _read(parser, row, None))[0] if row.password else None
            start = time.perf_counter()
            outcome, media_type, document = await _read(parser, row, row.password)
            yield Reading(row, outcome, refusal, media_type, document, time.perf_counter() - start)


async def _read(parser: ParserProcess, row: Row, password: str | None) -> tuple[str, str | None, ParsedDocument | None]:
    try:
        document, media_type = await parser.parse(row.content, None, Path(row.file).name, password)
    except Problem as problem:
        return problem.code, str(problem.facts.get("media_type") or ""), None
    return "ok", media_type, document


def word_recall(reference: str, text: str) -> float:
    """The share of the reference's words that the text has, counted with their repetitions.

    References are Markdown, and some of it is in no file: link targets, comments, commands of LaTeX, the midnight that
    they add to a day, and a cell repeated for every column it is wide.
    """
    reference = _NOT_IN_FILES.sub(" ", _REPEATED_CELL.sub("", reference))
    wanted, found = (Counter(_WORDS.findall(content.casefold())) for content in (reference, text))
    return (wanted & found).total() / wanted.total()
