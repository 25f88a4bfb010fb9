"""After a switch: what the former version has in the index goes, and with time the version itself."""

from typing import Final

from ragstone.db.outbox import Event
from ragstone.features.accounts.permissions import Permission
from ragstone.features.documents import embedding_store, purge_store, version_store
from ragstone.features.documents.purge import remove_abandoned
from ragstone.features.documents.versions import prune_store
from ragstone.kit.scope import Scope
from ragstone.ports.filters import Condition, Op
from ragstone.ports.runtime import Runtime

VERSIONS_REPLACED: Final = "document.versions_replaced"
"""The event that newer versions answer now. Payload: `collection_id`, `versions` (ids, each with its document's)."""


async def on_versions_replaced(runtime: Runtime, event: Event) -> None:
    """Remove the points of replaced versions and drop versions kept long enough. Harmless when repeated."""
    scope = Scope(event.tenant_id, event.id, frozenset({Permission.WRITE}))
    collection_id = str(event.payload["collection_id"])
    replaced = dict(event.payload["versions"])
    async with runtime.db.read(scope) as connection:
        spaces = await purge_store.list_spaces(connection, scope, collection_id)
    for space in spaces:
        await runtime.index.delete(space, Condition("version_id", Op.IN, tuple(replaced)))
    for document_id in sorted(set(replaced.values())):
        await _prune(runtime, scope, document_id)


async def _prune(runtime: Runtime, scope: Scope, document_id: str) -> None:
    kept = runtime.settings.documents.kept_versions
    async with runtime.db.read(scope) as connection:
        if not await prune_store.list_prunable(connection, scope, document_id, kept):
            return
    async with runtime.db.transaction(scope) as connection:
        await embedding_store.begin_dropping(connection, scope)
        await version_store.lock_documents(connection, scope, [document_id])
        version_ids = await prune_store.list_prunable(connection, scope, document_id, kept)
        abandoned = await prune_store.drop_versions(connection, scope, document_id, version_ids, runtime.clock.now())
    await remove_abandoned(runtime, scope, abandoned)
