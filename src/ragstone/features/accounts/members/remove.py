"""Remove a member from the tenant, or leave it."""

from ragstone.db.database import Database
from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.invitations.store import delete_invitations_by
from ragstone.features.accounts.keys.store import delete_keys_of_member
from ragstone.features.accounts.members import store
from ragstone.features.accounts.members.read import check_owner_left, get_member, get_member_to_change
from ragstone.features.accounts.permissions import Permission, require
from ragstone.kit.clock import Clock
from ragstone.kit.scope import Scope


async def remove_member(db: Database, clock: Clock, scope: Scope, user_id: str) -> None:
    """End a membership with its sessions, keys and open invitations; the next request of any is refused.

    Everyone may leave. Raises `MemberNotFound`, `GrantExceeded`, `LastOwner`.
    """
    leaves = scope.caller_id == user_id
    require(scope, Permission.READ if leaves else Permission.ADMIN)
    async with db.transaction(scope) as connection:
        if leaves:
            await store.lock_members(connection, scope)
            member = await get_member(connection, scope, user_id)
        else:
            member = await get_member_to_change(connection, scope, user_id)
        await check_owner_left(connection, scope, member)
        await delete_keys_of_member(connection, scope, user_id)
        await delete_invitations_by(connection, scope, user_id)
        await store.delete_member(connection, scope, user_id)
        deed = Deed("remove_member", (user_id,), detail={"role": member.role.value})
        await note(connection, scope, deed, clock.now())
