"""One record of the audit log, and the form in which it is hashed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ragstone.db.deeds import Fact
from ragstone.db.outbox import Event
from ragstone.features.accounts.permissions import PERMISSIONS_OF, Permission
from ragstone.kit.scope import Origin

NO_HASH: Final = "0" * 64
"""What the first record of a chain has in the place of its predecessor's hash."""


@dataclass(frozen=True, slots=True)
class Record:
    """Who did what to which objects from where, when, and how it ended. `seq` counts a tenant's records from 1."""

    tenant_id: str
    seq: int
    id: str
    at: datetime
    actor: str
    role: str
    credential_id: str | None
    action: str
    objects: tuple[str, ...]
    outcome: str
    address: str | None
    user_agent: str | None
    request_id: str | None
    detail: Mapping[str, Fact]
    previous_hash: str
    hash: str = ""


def canonical(value: Mapping[str, Any]) -> bytes:
    """JSON as RFC 8785 has it, for what records hold: texts, whole numbers, booleans, null, with names in ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def content(record: Record) -> dict[str, Any]:
    """Everything of a record but its hash, as JSON has it."""
    fields = asdict(record)
    del fields["hash"]
    return fields | {"at": moment(record.at), "objects": list(record.objects), "detail": dict(record.detail)}


def moment(at: datetime) -> str:
    """A moment as RFC 3339 writes it, in UTC, always with six digits after the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def hash_of(record: Record) -> str:
    """SHA-256 over the canonical form, which holds the hash of the record before; in hexadecimal."""
    return hashlib.sha256(canonical(content(record))).hexdigest()


def role_of(permissions: frozenset[str]) -> str:
    """The role whose permissions these are, or the permissions themselves: a key may have fewer than any role."""
    held = permissions - {Permission.PLATFORM}
    named = next((str(role) for role, granted in PERMISSIONS_OF.items() if granted == held), "+".join(sorted(held)))
    return f"{named}+platform" if Permission.PLATFORM in permissions else named or "none"


def record_of(event: Event, seq: int, previous_hash: str) -> Record:
    """The deed of an event as the next record of a chain, without its hash."""
    deed, origin = event.payload, event.origin or Origin()
    return Record(
        tenant_id=event.tenant_id,
        seq=seq,
        id=event.id,
        at=event.created_at,
        actor=event.caller_id or "unknown",
        role=role_of(event.permissions),
        credential_id=origin.credential_id,
        action=deed["action"],
        objects=tuple(deed["objects"]),
        outcome=deed["outcome"],
        address=origin.address,
        user_agent=origin.user_agent,
        request_id=origin.request_id,
        detail=deed["detail"],
        previous_hash=previous_hash,
    )
