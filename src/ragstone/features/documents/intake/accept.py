"""Turn texts into documents with versions to be read: new ones, and later versions of those that are there.

A text with an external id is the same document however often it is sent: one that says what was said before changes
nothing, and one that says something else becomes the document's next version.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.collections.collection import Collection
from ragstone.features.documents import external_store, store, version_store
from ragstone.features.documents.document import Cause, Document, Version
from ragstone.features.documents.external_store import Known
from ragstone.features.documents.intake.draft import (
    TEXT_TYPES,
    Original,
    TextDraft,
    first_version,
    record_sha256,
    text_document,
)
from ragstone.features.documents.intake.duplicates import find_all_copies
from ragstone.features.jobs.job import Job
from ragstone.kit.scope import Scope

Entry = tuple[Document, Version, bytes]


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of texts: new documents, new versions, nothing to do, and (of streams) left out as invalid.

    `linked` counts contents that another document of the collection has already, which was answered instead.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    linked: int = 0
    skipped: int = 0

    @property
    def to_read(self) -> int:
        """How many versions a job has to read."""
        return self.created + self.updated

    def __add__(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.linked + other.linked,
            self.skipped + other.skipped,
        )


@dataclass(frozen=True, slots=True)
class Accepted:
    """The documents of some texts, in their order and each once, how many of them are what, and what is new of them."""

    document_ids: tuple[str, ...]
    counts: Counts
    n_bytes: int


async def accept(
    connection: AsyncConnection,
    scope: Scope,
    collection: Collection,
    job: Job,
    drafts: Sequence[TextDraft],
    now: datetime,
) -> Accepted:
    """Keep the texts under a job. Of several with one external id the last counts. Raises `DuplicatesRefused`."""
    wanted = _last_of_each(drafts)
    keys = [draft.external_id for _, draft in wanted if draft.external_id is not None]
    known: dict[str, Known] = {}
    if keys:
        await external_store.lock_collection(connection, scope, collection.id)
        known = await external_store.find_known(connection, scope, collection.id, keys)
    hashes = [hashlib.sha256(draft.text.encode()).hexdigest() for _, draft in wanted]
    copies = await find_all_copies(connection, scope, collection, "documents", hashes)
    new: list[Entry] = []
    changed: list[Entry] = []
    document_ids: dict[str, None] = {}  # In order, and each once.
    n_linked = 0
    for (place, draft), sha256 in zip(wanted, hashes, strict=True):
        found = known.get(draft.external_id) if draft.external_id is not None else None
        if found is not None and found.record_sha256 == record_sha256(draft):
            document_ids[found.document_id] = None
            continue
        if found is None and (copy := copies.find(place, sha256)) is not None:
            document_ids[copy] = None
            n_linked += 1
            continue
        entry = _entry(scope, collection, job, draft, now)
        if found is not None:
            entry = _as_later(entry, found.document_id)
        (new if found is None else changed).append(entry)
        copies.note(sha256, entry[0].id)
        document_ids[entry[0].id] = None
    copies.check()
    if new:
        await store.insert_documents(connection, new)
    if changed:
        await _insert_later(connection, scope, changed, now)
    counts = Counts(len(new), len(changed), len(drafts) - len(new) - len(changed) - n_linked, n_linked)
    n_bytes = sum(len(content) for _, _, content in (*new, *changed))
    return Accepted(tuple(document_ids), counts, n_bytes)


def _last_of_each(drafts: Sequence[TextDraft]) -> list[tuple[int, TextDraft]]:
    """Each text with its number, of those with one external id the last in the place of the first."""
    last: dict[object, tuple[int, TextDraft]] = {}
    for number, draft in enumerate(drafts):
        last[number if draft.external_id is None else draft.external_id] = (number, draft)
    return list(last.values())


def _entry(scope: Scope, collection: Collection, job: Job, draft: TextDraft, now: datetime) -> Entry:
    content = draft.text.encode()
    type_ = TEXT_TYPES[draft.source_type]
    original = Original(hashlib.sha256(content).hexdigest(), len(content), type_, language=draft.language)
    document = text_document(scope, collection.id, draft, len(content), now)
    return document, first_version(document, original, job.id), content


def _as_later(entry: Entry, document_id: str) -> Entry:
    document, version, content = entry
    return replace(document, id=document_id), replace(version, document_id=document_id), content


async def _insert_later(connection: AsyncConnection, scope: Scope, entries: Sequence[Entry], now: datetime) -> None:
    document_ids = [document.id for document, _, _ in entries]
    await version_store.lock_documents(connection, scope, document_ids)
    await external_store.give_up_unread(connection, scope, document_ids)
    numbers = await version_store.list_numbers(connection, scope, document_ids)
    added = [
        (replace(version, number=numbers[document.id] + 1, cause=Cause.UPDATE), content)
        for document, version, content in entries
    ]
    await version_store.insert_versions(connection, scope, added, now)
    await external_store.relabel(connection, scope, [document for document, _, _ in entries], now)
