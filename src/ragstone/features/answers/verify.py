"""Check citations anyone holds against the stored bytes, again."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.database import Database
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.documents import chunk_store, store
from ragstone.features.documents.document import Version
from ragstone.kit.scope import Scope


class Verdict(StrEnum):
    """What became of a citation."""

    VERIFIED = "verified"
    DOCUMENT_NOT_FOUND = "document_not_found"
    VERSION_NOT_FOUND = "version_not_found"
    VERSION_DIFFERS = "version_differs"
    QUOTE_DIFFERS = "quote_differs"


@dataclass(frozen=True, slots=True)
class Claim:
    """That bytes `[start_byte, end_byte)` of a document version are the quote."""

    document_id: str
    version: int | None
    version_sha256: str | None
    quote: str
    start_byte: int
    end_byte: int


async def verify(db: Database, scope: Scope, claims: Sequence[Claim]) -> list[Verdict]:
    """A verdict for each claim, in order. A claim that names no version is about the active one."""
    require(scope, Permission.READ)
    async with db.read(scope) as connection:
        return [await _verdict(connection, scope, claim) for claim in claims]


async def _verdict(connection: AsyncConnection, scope: Scope, claim: Claim) -> Verdict:
    document = await store.find_document(connection, scope, claim.document_id)
    if document is None:
        return Verdict.DOCUMENT_NOT_FOUND
    versions = await store.list_versions(connection, scope, claim.document_id)
    version = next((item for item in versions if _is_meant(item, claim, document.active_version_id)), None)
    if version is None:
        return Verdict.VERSION_NOT_FOUND
    if claim.version_sha256 is not None and claim.version_sha256 != version.text_sha256:
        return Verdict.VERSION_DIFFERS
    stored = await chunk_store.find_text_slice(connection, scope, version.id, claim.start_byte, claim.end_byte)
    return Verdict.VERIFIED if stored == claim.quote.encode() else Verdict.QUOTE_DIFFERS


def _is_meant(version: Version, claim: Claim, active_version_id: str | None) -> bool:
    return version.number == claim.version if claim.version is not None else version.id == active_version_id
