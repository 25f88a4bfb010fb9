"""Make a member something else."""

from ragstone.db.database import Database
from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.members import store
from ragstone.features.accounts.members.member import Member
from ragstone.features.accounts.members.read import check_owner_left, get_member, get_member_to_change
from ragstone.features.accounts.permissions import PERMISSIONS_OF, Permission, Role, check_grant, require
from ragstone.kit.clock import Clock
from ragstone.kit.scope import Scope


async def change_role(db: Database, clock: Clock, scope: Scope, user_id: str, role: Role) -> Member:
    """The member with a new role, which is no more than the caller's own.

    Raises `MemberNotFound`, `GrantExceeded`, `LastOwner`.
    """
    require(scope, Permission.ADMIN)
    check_grant(scope, PERMISSIONS_OF[role])
    async with db.transaction(scope) as connection:
        member = await get_member_to_change(connection, scope, user_id)
        if role is not Role.OWNER:
            await check_owner_left(connection, scope, member)
        await store.set_role(connection, scope, user_id, role)
        detail = {"from": member.role.value, "to": role.value}
        await note(connection, scope, Deed("change_member", (user_id,), detail=detail), clock.now())
        return await get_member(connection, scope, user_id)
