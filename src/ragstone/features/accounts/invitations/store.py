"""All SQL of invitations."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.accounts.invitations.invitation import Invitation
from ragstone.features.accounts.permissions import Role
from ragstone.features.accounts.tables import invitations
from ragstone.kit.scope import Scope

_COLUMNS = [invitations.c[item.name] for item in fields(Invitation)]


def _invitation(row: Mapping[Any, Any]) -> Invitation:
    return Invitation(**{**row, "role": Role(row["role"])})


async def put_invitation(connection: AsyncConnection, scope: Scope, invitation: Invitation, hashed: str) -> None:
    """Add an invitation, in the place of an earlier one for the same address."""
    same = sa.and_(invitations.c.tenant_id == scope.tenant_id, invitations.c.email == invitation.email)
    await connection.execute(sa.delete(invitations).where(same))
    await connection.execute(sa.insert(invitations).values(asdict(invitation) | {"token_hash": hashed}))


async def list_invitations(
    connection: AsyncConnection, scope: Scope, after: str | None, limit: int
) -> Sequence[Invitation]:
    """A tenant's open invitations, oldest first."""
    statement = sa.select(*_COLUMNS).where(invitations.c.tenant_id == scope.tenant_id).order_by(invitations.c.id)
    if after is not None:
        statement = statement.where(invitations.c.id > after)
    return [_invitation(row) for row in (await connection.execute(statement.limit(limit))).mappings()]


async def find_invitation_by_token(
    connection: AsyncConnection, hashes: Sequence[str], now: datetime
) -> Invitation | None:
    """An open invitation by its token's hash under any pepper that is accepted."""
    statement = sa.select(*_COLUMNS).where(invitations.c.token_hash.in_(hashes), invitations.c.expires_at > now)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return _invitation(row) if row else None


async def delete_invitation(connection: AsyncConnection, scope: Scope, invitation_id: str) -> bool:
    """Take an invitation out of the world; whether there was one."""
    this = sa.and_(invitations.c.tenant_id == scope.tenant_id, invitations.c.id == invitation_id)
    return bool((await connection.execute(sa.delete(invitations).where(this))).rowcount)


async def delete_invitations_by(connection: AsyncConnection, scope: Scope, user_id: str) -> None:
    """Take back what a member who leaves has promised."""
    theirs = sa.and_(invitations.c.tenant_id == scope.tenant_id, invitations.c.created_by == user_id)
    await connection.execute(sa.delete(invitations).where(theirs))


async def forget_invitations(connection: AsyncConnection, before: datetime) -> None:
    """Drop invitations that were over before a moment."""
    await connection.execute(sa.delete(invitations).where(invitations.c.expires_at < before))
