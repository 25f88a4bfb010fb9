"""API keys: made, kept as a keyed hash, turned into a `Scope`."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.database import Database
from ragstone.features.accounts.tables import api_keys
from ragstone.kit.ids import new_id
from ragstone.kit.pepper import Pepper
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Scope

KEY_PREFIX: Final = "rs_"
_SECRET_BYTES: Final = 32


class CredentialMissing(Problem):
    """The request carries no credential."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED
    code: ClassVar[str] = "credential_missing"


class CredentialInvalid(Problem):
    """The request carries a credential that is not valid, or no longer."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED
    code: ClassVar[str] = "credential_invalid"


def new_secret() -> str:
    """A fresh key with 256 random bits."""
    return KEY_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)


def secret_hash(secret: str, pepper: Pepper) -> str:
    """What is kept of a key: HMAC-SHA256 under the installation's pepper, in hexadecimal.

    A slow hash is for guessable passwords; a key is random, and a stolen table is useless without the pepper.
    """
    return pepper.digest(secret)


async def authenticate(db: Database, pepper: Pepper, secret: str | None) -> Scope:
    """The scope of a key. One kept under a former pepper is kept under the newest from now on.

    Raises `CredentialMissing` or `CredentialInvalid`.
    """
    if not secret:
        raise CredentialMissing
    statement = sa.select(api_keys).where(api_keys.c.secret_hash.in_(pepper.digests(secret)))
    async with db.read_across_tenants() as connection:
        row = (await connection.execute(statement)).mappings().one_or_none()
    if row is None:
        raise CredentialInvalid
    scope = Scope(row["tenant_id"], row["id"], frozenset(row["permissions"]))
    if row["secret_hash"] != pepper.digest(secret):
        await _hash_anew(db, scope, pepper.digest(secret))
    return scope


async def _hash_anew(db: Database, scope: Scope, hashed: str) -> None:
    """Keep the key of a scope under another hash."""
    this = sa.and_(api_keys.c.tenant_id == scope.tenant_id, api_keys.c.id == scope.caller_id)
    async with db.transaction(scope) as connection:
        await connection.execute(sa.update(api_keys).where(this).values(secret_hash=hashed))


async def add_api_key(
    connection: AsyncConnection,
    tenant_id: str,
    name: str,
    hashed: str,
    permissions: Iterable[str],
    now: datetime,
) -> str:
    """Insert a key for a tenant; its identifier."""
    key_id = new_id("key")
    await connection.execute(
        sa.insert(api_keys).values(
            id=key_id,
            tenant_id=tenant_id,
            name=name,
            secret_hash=hashed,
            permissions=sorted(permissions),
            created_at=now,
        )
    )
    return key_id
