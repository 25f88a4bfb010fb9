"""Collections over HTTP."""

from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from ragstone.features.accounts.routes import Caller, Once, Ports
from ragstone.features.collections import change, delete, read
from ragstone.features.collections import create as create_case
from ragstone.features.collections.collection import CollectionDraft
from ragstone.features.collections.record_mapping import stored
from ragstone.features.collections.schemas import CollectionCreate, CollectionPage, CollectionUpdate, CollectionView

router = APIRouter(prefix="/collections", tags=["collections"])


@router.post("", status_code=201, response_model=CollectionView)
async def create_collection(
    ports: Ports, caller: Caller, once: Once, body: CollectionCreate
) -> CollectionView | Response:
    """Make a collection."""
    draft = CollectionDraft(
        body.name,
        body.description,
        body.language,
        body.chunking.value(),
        body.retrieval.value(),
        stored(body.record_mapping),
        body.duplicates,
        body.embedding_model,
    )
    embedder = ports.embedders.named(body.embedding_model) if body.embedding_model else ports.embedder
    create = partial(create_case.create_collection, ports.db, embedder, ports.clock, caller, draft)
    return await once.answer(create, CollectionView.of, status=201)


@router.get("")
async def list_collections(
    ports: Ports, caller: Caller, limit: Annotated[int, Query(ge=1, le=500)] = 50, cursor: str | None = None
) -> CollectionPage:
    """Collections, oldest first."""
    page = await read.list_collections(ports.db, caller, cursor=cursor, limit=limit)
    return CollectionPage(items=[CollectionView.of(item) for item in page.items], next_cursor=page.next_cursor)


@router.get("/{collection_id}")
async def get_collection(ports: Ports, caller: Caller, collection_id: str) -> CollectionView:
    """One collection."""
    return CollectionView.of(await read.get_collection(ports.db, caller, collection_id))


@router.patch("/{collection_id}")
async def change_collection(ports: Ports, caller: Caller, collection_id: str, body: CollectionUpdate) -> CollectionView:
    """Change some fields. New chunking holds for documents ingested from now on, and for others once re-indexed."""
    values: dict[str, Any] = body.model_dump(exclude_unset=True, exclude={"chunking", "retrieval", "record_mapping"})
    if body.chunking is not None:
        values["chunking"] = asdict(body.chunking.value())
    if body.retrieval is not None:
        values["retrieval"] = asdict(body.retrieval.value())
    values = {name: value for name, value in values.items() if value is not None or name == "language"}
    if "record_mapping" in body.model_fields_set:
        values["record_mapping"] = stored(body.record_mapping)
    return CollectionView.of(await change.change_collection(ports.db, ports.clock, caller, collection_id, values))


@router.delete("/{collection_id}", status_code=204)
async def delete_collection(ports: Ports, caller: Caller, collection_id: str) -> None:
    """Delete a collection with everything in it."""
    await delete.delete_collection(ports.db, ports.clock, caller, collection_id)
