"""API keys: made, kept as a keyed hash, turned into a `Scope`."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.database import Database
from ragstone.features.accounts.tables import api_keys
from ragstone.kit.ids import new_id
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


def secret_hash(secret: str, pepper: bytes) -> str:
    """What is kept of a key: HMAC-SHA256 under the installation's pepper, in hexadecimal.

    A slow hash is for guessable passwords; a key is random, and a stolen table is useless without the pepper.
    """
    return hmac.new(pepper, secret.encode(), hashlib.sha256).hexdigest()


async def authenticate(db: Database, pepper: bytes, secret: str | None) -> Scope:
    """The scope of a key. Raises `CredentialMissing` or `CredentialInvalid`."""
    if not secret:
        raise CredentialMissing
    statement = sa.select(api_keys).where(api_keys.c.secret_hash == secret_hash(secret, pepper))
    async with db.read() as connection:
        row = (await connection.execute(statement)).mappings().one_or_none()
    if row is None:
        raise CredentialInvalid
    return Scope(row["tenant_id"], row["id"], frozenset(row["permissions"]))


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
