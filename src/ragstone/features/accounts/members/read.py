"""Look at the tenant and its members."""

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.database import Database
from ragstone.features.accounts.members import store
from ragstone.features.accounts.members.member import LastOwner, Member, MemberNotFound, Tenant
from ragstone.features.accounts.permissions import PERMISSIONS_OF, Permission, Role, check_grant, require
from ragstone.kit.pagination import Page, decode_cursor, encode_cursor
from ragstone.kit.scope import Scope


async def get_tenant(db: Database, scope: Scope) -> Tenant:
    """The tenant of the caller."""
    require(scope, Permission.READ)
    async with db.read(scope) as connection:
        return await store.get_tenant(connection, scope)


async def list_members(db: Database, scope: Scope, *, cursor: str | None, limit: int) -> Page[Member]:
    """Members, oldest user first. Addresses are personal, so administrators alone see them."""
    require(scope, Permission.ADMIN)
    after = str(decode_cursor(cursor, 1)[0]) if cursor else None
    async with db.read(scope) as connection:
        found = await store.list_members(connection, scope, after, limit + 1)
    items = tuple(found[:limit])
    return Page(items, encode_cursor(items[-1].user_id) if len(found) > limit else None)


async def get_member(connection: AsyncConnection, scope: Scope, user_id: str) -> Member:
    """A member. Raises `MemberNotFound`."""
    member = await store.find_member(connection, scope, user_id)
    if member is None:
        raise MemberNotFound(user_id=user_id)
    return member


async def get_member_to_change(connection: AsyncConnection, scope: Scope, user_id: str) -> Member:
    """A member whom the caller stands above or beside, locked. Raises `MemberNotFound`, `GrantExceeded`."""
    await store.lock_members(connection, scope)
    member = await get_member(connection, scope, user_id)
    check_grant(scope, PERMISSIONS_OF[member.role])
    return member


async def check_owner_left(connection: AsyncConnection, scope: Scope, member: Member) -> None:
    """Raises `LastOwner` if the tenant would have no owner without this member."""
    if member.role is Role.OWNER and await store.count_other_owners(connection, scope, member.user_id) == 0:
        raise LastOwner(user_id=member.user_id)
