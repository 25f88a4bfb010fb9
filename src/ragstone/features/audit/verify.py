"""Whether the audit log is as it was written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ragstone.db.database import Database
from ragstone.features.audit import store
from ragstone.features.audit.chain import Chain
from ragstone.features.audit.check import Check, Finding, Flaw
from ragstone.kit.pepper import Pepper
from ragstone.kit.scope import Scope

_PAGE: Final = 1000
_EVERY: Final = store.RecordFilter()


@dataclass(frozen=True, slots=True)
class Head:
    """The newest record of a chain as it was at some moment."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was read of one chain, and what is wrong with it."""

    chain: str
    records: int
    anchor_seq: int
    head: Head
    findings: tuple[Finding, ...]


async def verify(db: Database, pepper: Pepper | None, noted: Mapping[str, Head]) -> tuple[Verdict, ...]:
    """Read every chain from its anchor to its head. `noted`: heads seen earlier, which must still be in their chains.

    Without a pepper the seals are not looked at. Servers may go on writing meanwhile.
    """
    async with db.read_across_tenants() as connection:
        tenant_ids = await store.list_chains(connection)
    scopes = [Scope(item, "verify", frozenset()) for item in sorted({*tenant_ids, *noted})]
    return tuple([await _verify_chain(db, pepper, scope, noted.get(scope.tenant_id)) for scope in scopes])


async def _verify_chain(db: Database, pepper: Pepper | None, scope: Scope, noted: Head | None) -> Verdict:
    async with db.read(scope) as connection:
        chain = await store.find_chain(connection, scope)
    known = chain or Chain(scope.tenant_id)
    findings = [Finding(Flaw.UNSEALED, known.head_seq)] if pepper and not known.is_sealed(pepper) else []
    check = Check(known.anchor_seq, known.anchor_hash)
    while check.seq < known.head_seq:
        async with db.read(scope) as connection:
            page = await store.list_oldest(connection, scope, _EVERY, check.seq, _PAGE)
        page = [record for record in page if record.seq <= known.head_seq]
        if not page:
            break
        findings += check.read(page)
    findings += check.end(known)
    findings += await _behind(db, scope, known)
    if noted is not None:
        findings += await _as_noted(db, scope, known, noted)
    async with db.read(scope) as connection:
        now = await store.find_chain(connection, scope) or known
    # Retention may have removed what had not been read yet.
    kept = tuple(item for item in findings if item.seq > now.anchor_seq + 1 or now.anchor_seq == known.anchor_seq)
    return Verdict(scope.tenant_id, check.records, now.anchor_seq, Head(known.head_seq, known.head_hash), kept)


async def _behind(db: Database, scope: Scope, known: Chain) -> list[Finding]:
    """Records behind the end of a chain, unless the chain has grown by them meanwhile."""
    async with db.read(scope) as connection:
        last = await store.find_last(connection, scope)
        now = await store.find_chain(connection, scope) or known
    return [Finding(Flaw.ENDS_WRONG, last.seq)] if last is not None and last.seq > now.head_seq else []


async def _as_noted(db: Database, scope: Scope, known: Chain, noted: Head) -> list[Finding]:
    if noted.seq <= known.anchor_seq:
        return []
    async with db.read(scope) as connection:
        record = await store.find_record(connection, scope, noted.seq)
    return [] if record is not None and record.hash == noted.hash else [Finding(Flaw.NOT_AS_NOTED, noted.seq)]
