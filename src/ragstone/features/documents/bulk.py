"""Many documents in one call: all of them or none, with a report of those that stand in the way."""

from collections.abc import Sequence
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.documents import store
from ragstone.features.documents.document import Document, DocumentNotFound
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Scope


class BulkRefused(Problem):
    """Some of the documents are not there, so nothing was changed. Its parts name them."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "bulk_refused"


async def get_all(
    connection: AsyncConnection, scope: Scope, document_ids: Sequence[str], *, bulk: bool
) -> tuple[Document, ...]:
    """The documents in the given order.

    Raises `DocumentNotFound` for the first that is not there, or with `bulk` `BulkRefused` for all such.
    """
    found = await store.list_documents_by_id(connection, scope, document_ids)
    missing = [(place, item) for place, item in enumerate(document_ids) if item not in found]
    if missing and not bulk:
        raise DocumentNotFound(document_id=missing[0][1])
    if missing:
        parts = {f"/document_ids/{place}": DocumentNotFound(document_id=item) for place, item in missing}
        raise BulkRefused(refused=len(missing), total=len(document_ids)).with_parts(parts)
    return tuple(found[item] for item in document_ids)
