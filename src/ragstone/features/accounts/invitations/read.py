"""Look at open invitations, and take one back."""

from ragstone.db.database import Database
from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.invitations import store
from ragstone.features.accounts.invitations.invitation import Invitation, InvitationNotFound
from ragstone.features.accounts.permissions import Permission, require
from ragstone.kit.clock import Clock
from ragstone.kit.pagination import Page, decode_cursor, encode_cursor
from ragstone.kit.scope import Scope


async def list_invitations(db: Database, scope: Scope, *, cursor: str | None, limit: int) -> Page[Invitation]:
    """Open invitations, oldest first."""
    require(scope, Permission.ADMIN)
    after = str(decode_cursor(cursor, 1)[0]) if cursor else None
    async with db.read(scope) as connection:
        found = await store.list_invitations(connection, scope, after, limit + 1)
    items = tuple(found[:limit])
    return Page(items, encode_cursor(items[-1].id) if len(found) > limit else None)


async def withdraw_invitation(db: Database, clock: Clock, scope: Scope, invitation_id: str) -> None:
    """Take an invitation back. Raises `InvitationNotFound`."""
    require(scope, Permission.ADMIN)
    async with db.transaction(scope) as connection:
        if not await store.delete_invitation(connection, scope, invitation_id):
            raise InvitationNotFound(invitation_id=invitation_id)
        await note(connection, scope, Deed("withdraw_invitation", (invitation_id,)), clock.now())
