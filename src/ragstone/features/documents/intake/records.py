"""A stream of records: one JSON object a line (NDJSON), read without ever holding more than a line."""

from collections.abc import AsyncIterable, AsyncIterator

from pydantic import ValidationError

from ragstone.features.documents.document import RecordInvalid
from ragstone.features.documents.intake.draft import TextDraft
from ragstone.features.documents.intake.schemas import DocumentCreate


async def iter_drafts(body: AsyncIterable[bytes], max_line_bytes: int) -> AsyncIterator[TextDraft]:
    """The documents in the body, in order; empty lines are skipped. Raises `RecordInvalid` naming the line."""
    number = 0
    async for line in _lines(body, max_line_bytes):
        number += 1
        if not line.strip():
            continue
        try:
            record = DocumentCreate.model_validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            raise RecordInvalid(line=number, field=field, reason=first["msg"]) from error
        yield record.draft()


async def _lines(body: AsyncIterable[bytes], max_line_bytes: int) -> AsyncIterator[bytes]:
    rest = b""
    number = 1
    async for piece in body:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line
            number += 1
        if len(rest) > max_line_bytes:
            raise RecordInvalid(line=number, field="", reason=f"longer than {max_line_bytes} bytes")
    if rest:
        yield rest
