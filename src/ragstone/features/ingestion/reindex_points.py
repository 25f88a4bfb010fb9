"""Write points of the index again from the rows of the store, without parsing or embedding anything."""

from collections.abc import Sequence

from ragstone.features.accounts.permissions import ALL_PERMISSIONS
from ragstone.features.documents import chunk_store, store
from ragstone.features.ingestion.points import index_point
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime
from ragstone.ports.search_index import IndexSpace


async def write_points(runtime: Runtime, space: IndexSpace, chunk_ids: Sequence[str]) -> None:
    """Write the points of some chunks. Left out are those whose version is no longer active, and those that were never
    embedded under the generation of the space: whoever embeds them writes them.
    """
    scope = Scope(space.tenant_id, "reindex", ALL_PERMISSIONS)
    async with runtime.db.read(scope) as connection:
        found = await chunk_store.hydrate(connection, scope, chunk_ids)
        vectors = await chunk_store.list_vectors(connection, scope, space.generation, chunk_ids)
        document_ids = sorted({item.chunk.document_id for item in found.values()})
        documents = await store.list_documents_by_id(connection, scope, document_ids)
    points = [
        index_point(documents[item.chunk.document_id], item.chunk, vectors.get(chunk_id))
        for chunk_id, item in found.items()
        if item.chunk.document_id in documents and (chunk_id in vectors or not space.dimensions)
    ]
    await runtime.index.upsert(space, points)
