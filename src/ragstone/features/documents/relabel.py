"""Change title, tags and metadata of documents. Their content is neither read nor embedded again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db import outbox
from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.documents import label_store, store, version_store
from ragstone.features.documents.bulk import get_all
from ragstone.features.documents.document import Document
from ragstone.kit.scope import Scope
from ragstone.ports.filters import Scalar
from ragstone.ports.runtime import Runtime

DOCUMENTS_RELABELLED: Final = "documents.relabelled"
"""Documents whose points carry an older label than their rows. Payload: `document_ids`."""


@dataclass(frozen=True, slots=True)
class LabelChange:
    """What is to become of a label. A part that is None stays as it is.

    `title`: a new one, or "" for the one found in the content. `tags` replaces all tags; `add_tags` and `remove_tags`
    change some. `metadata` is merged over what was given before; a key with None is taken away (RFC 7396), which brings
    back what the content says under it, if anything.
    """

    title: str | None = None
    tags: tuple[str, ...] | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    metadata: Mapping[str, Scalar | list[str] | None] | None = None


async def relabel(
    runtime: Runtime, scope: Scope, changes: Mapping[str, LabelChange], *, bulk: bool = False
) -> tuple[Document, ...]:
    """Change the labels of documents by id, all of them or none; the event makes the index follow.

    Raises `DocumentNotFound`, or with `bulk` `BulkRefused`, which names every document that is not there.
    """
    require(scope, Permission.WRITE)
    now = runtime.clock.now()
    async with runtime.db.transaction(scope) as connection:
        await version_store.lock_documents(connection, scope, list(changes))  # Changes are made to what is read here.
        documents = await get_all(connection, scope, list(changes), bulk=bulk)
        found = await label_store.list_found_labels(connection, scope, list(changes))
        for document in documents:
            values = _values(document, changes[document.id], *found.get(document.id, (None, None)))
            await label_store.update_label(connection, scope, document.id, {**values, "updated_at": now})
        await announce(connection, runtime, scope, [document.id for document in documents])
        fields = sorted({name for change in changes.values() for name, value in asdict(change).items() if value})
        action = "update_documents" if bulk else "change_document"
        await note(connection, scope, Deed(action, tuple(changes), detail={"fields": fields}), now)
        return await get_all(connection, scope, list(changes), bulk=bulk)


async def announce(connection: AsyncConnection, runtime: Runtime, scope: Scope, document_ids: Sequence[str]) -> None:
    """Have the points of the documents written again, with what their rows say once this transaction is committed."""
    payload = {"document_ids": list(document_ids)}
    await outbox.publish(connection, scope, DOCUMENTS_RELABELLED, payload, runtime.clock.now())


def _values(
    document: Document, change: LabelChange, found_title: str | None, found_metadata: Mapping[str, Any] | None
) -> dict[str, Any]:
    if change.title is not None:
        document = replace(document, title=change.title or document.title, title_given=bool(change.title))
    if change.metadata is not None:
        merged = {**document.given_metadata, **change.metadata}
        document = replace(document, given_metadata={key: value for key, value in merged.items() if value is not None})
    tags = document.tags if change.tags is None else change.tags
    kept = [tag for tag in dict.fromkeys((*tags, *change.add_tags)) if tag not in change.remove_tags]
    return {
        **store.label_of(document, found_title, found_metadata),
        "title_given": document.title_given,
        "given_metadata": dict(document.given_metadata),
        "tags": kept,
    }
