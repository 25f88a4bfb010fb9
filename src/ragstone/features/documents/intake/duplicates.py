"""Content a collection has already, byte for byte: what its policy makes of it."""

from collections.abc import Sequence
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.collections.collection import Collection
from ragstone.features.documents import external_store
from ragstone.features.documents.store import find_copies
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Scope


class DuplicatesRefused(Problem):
    """The collection refuses content it has already, so nothing of the request was kept. Its parts name it."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "duplicates_refused"


class DocumentDuplicated(Problem):
    """A document of the collection, or an earlier one of the request, has the same content."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "document_duplicated"


class Copies:
    """Which document has which content, in a collection that minds; in one that does not, none is known to."""

    def __init__(self, collection: Collection, field: str, known: dict[str, str]) -> None:
        self._is_refusing = collection.duplicates == "reject"
        self._is_minding = collection.duplicates != "allow"
        self._field = field
        self._known = known
        self._refused: dict[str, Problem] = {}
        self._total = 0

    def find(self, place: int, sha256: str) -> str | None:
        """The document that has the content already; a collection that refuses it remembers its place."""
        self._total += 1
        found = self._known.get(sha256)
        if found is not None and self._is_refusing:
            self._refused[f"/{self._field}/{place}"] = DocumentDuplicated(document_id=found)
        return found

    def note(self, sha256: str, document_id: str) -> None:
        """A new document has the content from now on."""
        if self._is_minding:
            self._known.setdefault(sha256, document_id)

    def check(self) -> None:
        """Raises `DuplicatesRefused` if anything was refused."""
        if self._refused:
            raise DuplicatesRefused(refused=len(self._refused), total=self._total).with_parts(self._refused)


async def find_all_copies(
    connection: AsyncConnection, scope: Scope, collection: Collection, field: str, hashes: Sequence[str]
) -> Copies:
    """The documents that have contents, by SHA-256. `field` is where the request has them."""
    if collection.duplicates == "allow":
        return Copies(collection, field, {})
    await external_store.lock_collection(connection, scope, collection.id)  # Two requests might bring the same.
    return Copies(collection, field, await find_copies(connection, scope, collection.id, hashes))
