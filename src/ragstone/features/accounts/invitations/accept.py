"""Accept an invitation, as a user who is there or while registering as one."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.database import Database
from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.invitations import store
from ragstone.features.accounts.invitations.invitation import (
    AlreadyMember,
    Invitation,
    InvitationInvalid,
    InvitationOfAnother,
)
from ragstone.features.accounts.user import Membership, User
from ragstone.features.accounts.user_store import find_membership, find_user, insert_membership
from ragstone.kit.pepper import Pepper
from ragstone.kit.scope import Origin, Scope
from ragstone.ports.runtime import Runtime


async def find_invitation(db: Database, pepper: Pepper, token: str, email: str, now: datetime) -> Invitation:
    """What a token invites an address to. Raises `InvitationInvalid`, `InvitationOfAnother`."""
    async with db.read_across_tenants() as connection:
        invitation = await store.find_invitation_by_token(connection, pepper.digests(token), now)
    if invitation is None:
        raise InvitationInvalid
    if invitation.email != email:
        raise InvitationOfAnother
    return invitation


async def enter_tenant(
    connection: AsyncConnection, scope: Scope, invitation: Invitation, user: User, now: datetime
) -> Membership:
    """Make a user a member, in a transaction of the tenant that `scope` is of; the token works no second time.

    Raises `InvitationInvalid` if it was accepted or taken back in between, `AlreadyMember`.
    """
    if not await store.delete_invitation(connection, scope, invitation.id):
        raise InvitationInvalid
    if await find_membership(connection, scope.tenant_id, user.id) is not None:
        raise AlreadyMember(email=user.email)
    membership = Membership(scope.tenant_id, user.id, invitation.role, now)
    await insert_membership(connection, membership)
    deed = Deed("accept_invitation", (user.id, invitation.id), detail={"role": invitation.role.value})
    await note(connection, scope, deed, now)
    return membership


async def accept_invitation(runtime: Runtime, scope: Scope, token: str) -> Membership:
    """The membership of the user who asks, in the tenant that invited them.

    Raises `InvitationInvalid`, `InvitationOfAnother`, `AlreadyMember`.
    """
    now = runtime.clock.now()
    async with runtime.db.read(scope) as connection:
        user = await find_user(connection, scope.caller_id)
    if user is None:
        raise InvitationOfAnother
    invitation = await find_invitation(runtime.db, runtime.pepper, token, user.email, now)
    there = guest_scope(invitation, user.id, scope.origin)
    async with runtime.db.transaction(there) as connection:
        return await enter_tenant(connection, there, invitation, user, now)


def guest_scope(invitation: Invitation, user_id: str, origin: Origin | None) -> Scope:
    """The scope of somebody at the door: of the tenant the token proves an invitation to, and allowed nothing else."""
    return Scope(invitation.tenant_id, user_id, frozenset(), origin=origin)
