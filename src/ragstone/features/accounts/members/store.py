"""All SQL of a tenant and its members, within the tenant."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.dialect import hold_lock
from ragstone.features.accounts.members.member import Member, Tenant
from ragstone.features.accounts.permissions import Role
from ragstone.features.accounts.tables import memberships, tenants, users
from ragstone.kit.scope import Scope

_MEMBER = sa.select(
    memberships.c.user_id,
    users.c.email,
    users.c.name,
    memberships.c.role,
    memberships.c.created_at,
    users.c.disabled_at,
).join(users, users.c.id == memberships.c.user_id)


def _member(row: Mapping[Any, Any]) -> Member:
    return Member(**{**row, "role": Role(row["role"])})


async def lock_members(connection: AsyncConnection, scope: Scope) -> None:
    """Let nobody else change who is what in the tenant until the transaction ends."""
    await hold_lock(connection, f"members/{scope.tenant_id}", shared=False)


async def get_tenant(connection: AsyncConnection, scope: Scope) -> Tenant:
    """The tenant of a scope, which is there as long as credentials of it work."""
    statement = sa.select(tenants.c.id, tenants.c.name, tenants.c.created_at).where(tenants.c.id == scope.tenant_id)
    return Tenant(*(await connection.execute(statement)).one())


async def rename_tenant(connection: AsyncConnection, scope: Scope, name: str) -> None:
    """Call the tenant of a scope something else."""
    await connection.execute(sa.update(tenants).where(tenants.c.id == scope.tenant_id).values(name=name))


async def list_members(connection: AsyncConnection, scope: Scope, after: str | None, limit: int) -> Sequence[Member]:
    """Members in the order in which their users were made."""
    statement = _MEMBER.where(memberships.c.tenant_id == scope.tenant_id).order_by(memberships.c.user_id).limit(limit)
    if after is not None:
        statement = statement.where(memberships.c.user_id > after)
    return [_member(row) for row in (await connection.execute(statement)).mappings()]


async def find_member(connection: AsyncConnection, scope: Scope, user_id: str) -> Member | None:
    """A member by the user's id."""
    statement = _MEMBER.where(memberships.c.tenant_id == scope.tenant_id, memberships.c.user_id == user_id)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return _member(row) if row else None


async def find_member_by_email(connection: AsyncConnection, scope: Scope, email: str) -> Member | None:
    """A member by address, given in lower case."""
    statement = _MEMBER.where(memberships.c.tenant_id == scope.tenant_id, users.c.email == email)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return _member(row) if row else None


async def count_other_owners(connection: AsyncConnection, scope: Scope, user_id: str) -> int:
    """How many owners there are beside one member, of those who can sign in."""
    statement = (
        sa.select(sa.func.count())
        .select_from(memberships.join(users, users.c.id == memberships.c.user_id))
        .where(
            memberships.c.tenant_id == scope.tenant_id,
            memberships.c.role == Role.OWNER,
            memberships.c.user_id != user_id,
            users.c.disabled_at.is_(None),
        )
    )
    return int(await connection.scalar(statement) or 0)


async def set_role(connection: AsyncConnection, scope: Scope, user_id: str, role: Role) -> None:
    """Make a member something else."""
    this = sa.and_(memberships.c.tenant_id == scope.tenant_id, memberships.c.user_id == user_id)
    await connection.execute(sa.update(memberships).where(this).values(role=role))


async def delete_member(connection: AsyncConnection, scope: Scope, user_id: str) -> None:
    """End a membership; its sessions go with it."""
    this = sa.and_(memberships.c.tenant_id == scope.tenant_id, memberships.c.user_id == user_id)
    await connection.execute(sa.delete(memberships).where(this))
