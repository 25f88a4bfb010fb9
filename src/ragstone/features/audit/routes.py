"""The audit log over HTTP."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from ragstone.features.accounts.routes import Caller, Ports
from ragstone.features.audit import read
from ragstone.features.audit.record import canonical
from ragstone.features.audit.schemas import AuditFilter, AuditPage, AuditQuery, AuditRecordView, line

router = APIRouter(prefix="/admin/audit", tags=["audit"])

_NDJSON: Final = "application/x-ndjson"


@router.get("")
async def list_audit(ports: Ports, caller: Caller, wanted: Annotated[AuditQuery, Query()]) -> AuditPage:
    """Who did what to which object from where: records of the tenant, newest first."""
    page = await read.list_audit(
        ports,
        caller,
        wanted.value(),
        installation=wanted.installation,
        cursor=wanted.cursor,
        limit=wanted.limit,
    )
    return AuditPage(items=[AuditRecordView.of(item) for item in page.items], next_cursor=page.next_cursor)


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {_NDJSON: {"schema": {"type": "string"}}}, "description": "A record on each line."}},
)
async def export_audit(ports: Ports, caller: Caller, wanted: Annotated[AuditFilter, Query()]) -> StreamingResponse:
    """All records, oldest first, as lines of JSON in the form that is hashed. That it was asked for is the last one."""
    records = await read.begin_export(ports, caller, wanted.value(), installation=wanted.installation)

    async def lines() -> AsyncIterator[bytes]:
        async for record in records:
            yield canonical(line(record)) + b"\n"

    return StreamingResponse(lines(), media_type=_NDJSON)
