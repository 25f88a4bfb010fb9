"""API keys as credentials: made, kept as a keyed hash, turned into a `Scope`."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final

import sqlalchemy as sa

from ragstone.db.database import Database
from ragstone.db.metadata import UtcDateTime
from ragstone.features.accounts.permissions import Role, permissions_of
from ragstone.features.accounts.tables import api_keys, memberships, tenants, users
from ragstone.kit.pepper import Pepper
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Scope

KEY_PREFIX: Final = "rs_"
_SECRET_BYTES: Final = 32
_NAME_BYTES: Final = 4

_HASHES: Final = sa.bindparam("hashes", type_=sa.String(), expanding=True)
_NOW: Final = sa.bindparam("now", type_=UtcDateTime())
_BY_SECRET: Final = (
    sa.select(
        api_keys.c.id,
        api_keys.c.tenant_id,
        api_keys.c.permissions,
        api_keys.c.collection_ids,
        api_keys.c.expires_at,
        api_keys.c.secret_hash,
        api_keys.c.former_hash,
        api_keys.c.former_until,
        api_keys.c.user_id,
        memberships.c.role,
        users.c.is_platform_admin,
        users.c.disabled_at,
        tenants.c.suspended_at,
        tenants.c.deleted_at,
    )
    .join(tenants, tenants.c.id == api_keys.c.tenant_id)
    .outerjoin(
        memberships,
        sa.and_(memberships.c.tenant_id == api_keys.c.tenant_id, memberships.c.user_id == api_keys.c.user_id),
    )
    .outerjoin(users, users.c.id == api_keys.c.user_id)
    .where(
        sa.or_(
            api_keys.c.secret_hash.in_(_HASHES),
            sa.and_(api_keys.c.former_hash.in_(_HASHES), api_keys.c.former_until > _NOW),
        )
    )
)


class CredentialMissing(Problem):
    """The request carries no credential."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED
    code: ClassVar[str] = "credential_missing"


class CredentialInvalid(Problem):
    """The request carries a credential that is not valid, or no longer."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED
    code: ClassVar[str] = "credential_invalid"


class TenantSuspended(Problem):
    """Nobody works in the tenant until the platform's administrator lets them again."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN
    code: ClassVar[str] = "tenant_suspended"


def check_tenant(suspended_at: datetime | None, deleted_at: datetime | None) -> None:
    """Raises `TenantSuspended`, and `CredentialInvalid` for a tenant that is being deleted."""
    if deleted_at is not None:
        raise CredentialInvalid
    if suspended_at is not None:
        raise TenantSuspended


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A key as its owner gets to see it once, and the part of it that may be shown again."""

    text: str = field(repr=False)
    prefix: str


def new_secret() -> NewSecret:
    """A fresh key with 256 random bits: `rs_<name>_<secret>`. By the name people recognise it; it opens nothing."""
    prefix = KEY_PREFIX + secrets.token_hex(_NAME_BYTES)
    return NewSecret(f"{prefix}_{secrets.token_urlsafe(_SECRET_BYTES)}", prefix)


def secret_hash(secret: str, pepper: Pepper) -> str:
    """What is kept of a key: HMAC-SHA256 under the installation's pepper, in hexadecimal.

    A slow hash is for guessable passwords; a key is random, and a stolen table is useless without the pepper.
    """
    return pepper.digest(secret)


@dataclass(frozen=True, slots=True)
class KeyProof:
    """The scope of a key, and until when it holds if nothing is changed."""

    scope: Scope
    until: datetime | None


async def authenticate(db: Database, pepper: Pepper, secret: str | None, now: datetime) -> KeyProof:
    """What a key proves. One kept under a former pepper is kept under the newest from now on.

    Raises `CredentialMissing`, `CredentialInvalid`, `TenantSuspended`.
    """
    if not secret:
        raise CredentialMissing
    hashes = pepper.digests(secret)
    async with db.read_across_tenants() as connection:
        row = (await connection.execute(_BY_SECRET, {"hashes": hashes, "now": now})).one_or_none()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        raise CredentialInvalid
    check_tenant(row.suspended_at, row.deleted_at)
    collection_ids = None if row.collection_ids is None else frozenset(row.collection_ids)
    scope = Scope(row.tenant_id, row.id, _permissions(row), collection_ids)
    if hashes[0] not in {row.secret_hash, row.former_hash}:
        await _hash_anew(db, scope, hashes)
    ends = [row.expires_at, None if row.secret_hash in hashes else row.former_until]
    return KeyProof(scope, min((end for end in ends if end is not None), default=None))


def _permissions(row: Any) -> frozenset[str]:
    """What a key may do; of a member's key only what the member may do today. Raises `CredentialInvalid`."""
    granted: frozenset[str] = frozenset(row.permissions)
    if row.user_id is None:
        return granted
    if row.role is None or row.disabled_at is not None:
        raise CredentialInvalid
    return granted & permissions_of(Role(row.role), is_platform_admin=row.is_platform_admin)


async def _hash_anew(db: Database, scope: Scope, hashes: Sequence[str]) -> None:
    """Keep the secret of a scope under the first of its hashes, wherever it is kept under another."""
    this = sa.and_(api_keys.c.tenant_id == scope.tenant_id, api_keys.c.id == scope.caller_id)
    async with db.transaction(scope) as connection:
        for column in (api_keys.c.secret_hash, api_keys.c.former_hash):
            kept_so = sa.and_(this, column.in_(hashes))
            await connection.execute(sa.update(api_keys).where(kept_so).values({column: hashes[0]}))
