"""All SQL of users and of what they are in which tenant.

Users belong to no tenant, and who somebody is comes before any scope.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.accounts.permissions import Role
from ragstone.features.accounts.tables import memberships, tenants, users
from ragstone.features.accounts.user import EmailTaken, Membership, User

_USER = [users.c[field.name] for field in fields(User)]
_MEMBERSHIP = [memberships.c[field.name] for field in fields(Membership)]


async def insert_user(connection: AsyncConnection, user: User) -> None:
    """Add a user. Raises `EmailTaken`."""
    try:
        await connection.execute(sa.insert(users).values({column.name: getattr(user, column.name) for column in _USER}))
    except IntegrityError as error:
        raise EmailTaken(email=user.email) from error


async def find_user(connection: AsyncConnection, user_id: str) -> User | None:
    """A user by identifier."""
    row = (await connection.execute(sa.select(*_USER).where(users.c.id == user_id))).mappings().one_or_none()
    return User(**row) if row else None


async def find_user_by_email(connection: AsyncConnection, email: str) -> User | None:
    """A user by address, given in lower case."""
    row = (await connection.execute(sa.select(*_USER).where(users.c.email == email))).mappings().one_or_none()
    return User(**row) if row else None


async def is_anyone_there(connection: AsyncConnection) -> bool:
    """Whether there is a user at all."""
    return bool(await connection.scalar(sa.select(sa.exists().select_from(users))))


async def list_users(connection: AsyncConnection, after: str | None, limit: int) -> Sequence[User]:
    """Users of the installation, oldest first."""
    statement = sa.select(*_USER).order_by(users.c.id).limit(limit)
    if after is not None:
        statement = statement.where(users.c.id > after)
    return [User(**row) for row in (await connection.execute(statement)).mappings()]


async def update_user(connection: AsyncConnection, user_id: str, **values: Any) -> bool:
    """Change columns of a user; whether there is one."""
    return bool((await connection.execute(sa.update(users).where(users.c.id == user_id).values(values))).rowcount)


async def find_first_tenant(connection: AsyncConnection) -> str | None:
    """The tenant that was made at the first start."""
    tenant_id: str | None = await connection.scalar(sa.select(tenants.c.id).order_by(tenants.c.id).limit(1))
    return tenant_id


async def lock_totp(connection: AsyncConnection, user_id: str) -> tuple[bytes | None, int | None]:
    """The sealed secret of a user's second factor and the last step used; nobody else uses one meanwhile."""
    statement = sa.select(users.c.totp_sealed, users.c.totp_step).where(users.c.id == user_id).with_for_update()
    row = (await connection.execute(statement)).one_or_none()
    return (row[0], row[1]) if row else (None, None)


async def insert_tenant(connection: AsyncConnection, tenant_id: str, name: str, now: datetime) -> None:
    """Add a tenant."""
    await connection.execute(sa.insert(tenants).values(id=tenant_id, name=name, created_at=now))


async def find_tenant_name(connection: AsyncConnection, tenant_id: str) -> str | None:
    """What a tenant is called."""
    name: str | None = await connection.scalar(sa.select(tenants.c.name).where(tenants.c.id == tenant_id))
    return name


async def find_tenant_state(
    connection: AsyncConnection, tenant_id: str
) -> tuple[datetime | None, datetime | None] | None:
    """Since when a tenant is suspended, and since when it is being deleted; None if there is no such tenant."""
    statement = sa.select(tenants.c.suspended_at, tenants.c.deleted_at).where(tenants.c.id == tenant_id)
    row = (await connection.execute(statement)).one_or_none()
    return (row[0], row[1]) if row else None


async def list_tenant_names(connection: AsyncConnection, tenant_ids: Sequence[str]) -> dict[str, str]:
    """What some tenants are called, by id."""
    statement = sa.select(tenants.c.id, tenants.c.name).where(tenants.c.id.in_(tenant_ids))
    return {row[0]: row[1] for row in await connection.execute(statement)}


async def insert_membership(connection: AsyncConnection, membership: Membership) -> None:
    """Make a user a member of a tenant."""
    values = {column.name: getattr(membership, column.name) for column in _MEMBERSHIP}
    await connection.execute(sa.insert(memberships).values(values))


async def list_memberships(connection: AsyncConnection, user_id: str) -> Sequence[Membership]:
    """What a user is in which tenants, oldest first."""
    statement = (
        sa.select(*_MEMBERSHIP)
        .where(memberships.c.user_id == user_id)
        .order_by(memberships.c.created_at, memberships.c.tenant_id)
    )
    rows = (await connection.execute(statement)).mappings()
    return [Membership(**{**row, "role": Role(row["role"])}) for row in rows]


async def find_membership(connection: AsyncConnection, tenant_id: str, user_id: str) -> Membership | None:
    """What a user is in a tenant."""
    statement = sa.select(*_MEMBERSHIP).where(memberships.c.tenant_id == tenant_id, memberships.c.user_id == user_id)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return Membership(**{**row, "role": Role(row["role"])}) if row else None
