"""Documents over HTTP: looking at them and deleting them. Handing them in is in `intake.routes`."""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from ragstone.features.accounts.routes import Caller, Locale, Ports
from ragstone.features.documents import delete, read
from ragstone.features.documents import list as listing
from ragstone.features.documents.document import Document
from ragstone.features.documents.label_schemas import BulkDelete, BulkItem, BulkReport, BulkUpdate, DocumentPatch
from ragstone.features.documents.list import DocumentQuery, Listing
from ragstone.features.documents.relabel import relabel
from ragstone.features.documents.schemas import (
    ChunkPage,
    ChunkView,
    DocumentPage,
    DocumentParameters,
    DocumentView,
    VersionList,
    VersionView,
)
from ragstone.features.documents.version_store import VersionState
from ragstone.kit.content_disposition import attachment
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

router = APIRouter(prefix="/documents", tags=["documents"])

_ANY_CONTENT: Final[dict[str, Any]] = {
    "description": "The content, as a download.",
    "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
}

VersionNumber = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Unset means the version that answers.")]

_DELETED: Final = VersionState(active=None, pending=None)  # In the moment between two reads.


@router.get("")
async def list_documents(
    request: Request, ports: Ports, caller: Caller, locale: Locale, parameters: Annotated[DocumentParameters, Query()]
) -> DocumentPage:
    """Documents, filtered and sorted, by cursor or by number."""
    query = parameters.query()
    found = await listing.list_documents(ports.db, caller, query)
    return DocumentPage(
        items=await _views(ports, caller, locale, found.items),
        next_cursor=found.next_cursor,
        total=found.total,
        links=_links(request, query, found),
    )


@router.get("/{document_id}")
async def get_document(ports: Ports, caller: Caller, locale: Locale, document_id: str) -> DocumentView:
    """One document."""
    document = await read.get_document(ports.db, caller, document_id)
    (view,) = await _views(ports, caller, locale, [document])
    return view


@router.patch("/{document_id}")
async def change_document(
    ports: Ports, caller: Caller, locale: Locale, document_id: str, body: DocumentPatch
) -> DocumentView:
    """Change title, tags or metadata. Nothing is embedded again; filters follow within a second."""
    changed = await relabel(ports, caller, {document_id: body.change()})
    (view,) = await _views(ports, caller, locale, changed)
    return view


@router.post("/bulk-update")
async def update_documents(ports: Ports, caller: Caller, locale: Locale, body: BulkUpdate) -> BulkReport:
    """Change tags or metadata of many documents: all of them, or none."""
    changed = await relabel(ports, caller, dict.fromkeys(body.document_ids, body.change()), bulk=True)
    views = await _views(ports, caller, locale, changed)
    items = [BulkItem(document_id=view.id, status="updated", document=view) for view in views]
    return BulkReport(items=items, total=len(items))


@router.post("/bulk-delete")
async def delete_documents(ports: Ports, caller: Caller, body: BulkDelete) -> BulkReport:
    """Delete many documents: all of them, or none. They are hidden at once, removed everywhere soon after."""
    document_ids = list(dict.fromkeys(body.document_ids))
    await delete.delete_documents(ports, caller, document_ids)
    items = [BulkItem(document_id=item, status="deleted") for item in document_ids]
    return BulkReport(items=items, total=len(items))


@router.delete("/{document_id}", status_code=204)
async def delete_document(ports: Ports, caller: Caller, document_id: str) -> None:
    """Delete a document: hidden at once, removed everywhere soon after."""
    await delete.delete_document(ports, caller, document_id)


@router.get("/{document_id}/content", response_class=StreamingResponse, responses={200: _ANY_CONTENT})
async def get_content(
    ports: Ports, caller: Caller, document_id: str, version: VersionNumber = None
) -> StreamingResponse:
    """The content as it was received, as a download: of the version that answers, or of another one."""
    found = await read.get_version(ports.db, caller, document_id, version)
    if found.n_parts is not None:
        found = await read.get_published_version(ports.db, caller, document_id, found.number)
    return StreamingResponse(
        read.iter_original(ports.db, ports.blobs, caller, found),
        # The type is what the content was taken for, never what an uploader said, and a browser must not open it.
        media_type=found.type or "application/octet-stream",
        headers={
            "Content-Disposition": attachment(found.filename or f"{document_id}.txt"),
            "Content-Length": str(found.size_bytes if found.n_parts is None else found.n_bytes),
        },
    )


@router.get("/{document_id}/text", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def get_text(
    ports: Ports,
    caller: Caller,
    document_id: str,
    start_byte: Annotated[int, Query(ge=0)] = 0,
    end_byte: Annotated[int | None, Query(ge=0)] = None,
    version: VersionNumber = None,
) -> Response:
    """The canonical text, or the bytes `[start_byte, end_byte)` of it, of the version that answers or of another."""
    text = await read.read_text(ports.db, caller, document_id, start_byte, end_byte, number=version)
    return Response(text, media_type="text/plain; charset=utf-8")


@router.get("/{document_id}/chunks")
async def list_chunks(
    ports: Ports,
    caller: Caller,
    document_id: str,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: str | None = None,
    version: VersionNumber = None,
) -> ChunkPage:
    """The chunks of the version that answers, or of another one, in order."""
    page = await read.list_chunks(ports.db, caller, document_id, cursor=cursor, limit=limit, number=version)
    items = [ChunkView.model_validate(item, from_attributes=True) for item in page.items]
    return ChunkPage(items=items, next_cursor=page.next_cursor)


@router.get("/{document_id}/versions")
async def list_versions(ports: Ports, caller: Caller, locale: Locale, document_id: str) -> VersionList:
    """The versions of a document that are kept, oldest first."""
    versions = await read.list_versions(ports.db, caller, document_id)
    return VersionList(items=[VersionView.of(item, locale) for item in versions])


async def _views(ports: Runtime, caller: Scope, locale: str, documents: Sequence[Document]) -> list[DocumentView]:
    states = await read.list_states(ports.db, caller, [item.id for item in documents])
    return [DocumentView.of(item, locale, states.get(item.id, _DELETED)) for item in documents]


def _links(request: Request, query: DocumentQuery, found: Listing) -> dict[str, str] | None:
    """Where the pages before and after are, when paging by number."""
    if query.offset is None or found.total is None:
        return None
    links = {"self": query.offset}
    if query.offset > 0:
        links["previous"] = max(0, query.offset - query.limit)
    if query.offset + query.limit < found.total:
        links["next"] = query.offset + query.limit
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "offset"]
    return {name: f"{request.url.path}?{urlencode([*kept, ('offset', offset)])}" for name, offset in links.items()}
