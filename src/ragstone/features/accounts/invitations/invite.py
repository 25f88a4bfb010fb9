"""Invite somebody into the tenant."""

import secrets
from datetime import timedelta
from typing import Final

from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.invitations import store
from ragstone.features.accounts.invitations.invitation import AlreadyMember, Invitation, InvitationWithToken
from ragstone.features.accounts.permissions import PERMISSIONS_OF, Permission, Role, check_grant, require
from ragstone.features.accounts.repeatable import Seal, unsealed
from ragstone.features.accounts.user import normal_email
from ragstone.features.accounts.user_store import find_membership, find_user_by_email
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

_MARK: Final = "ri_"
_TOKEN_BYTES: Final = 32


async def invite(
    runtime: Runtime,
    scope: Scope,
    email: str,
    role: Role,
    lifetime: timedelta,
    seal: Seal[InvitationWithToken] = unsealed,
) -> InvitationWithToken:
    """An invitation for one address, with its token; an earlier one for the address counts no more.

    Raises `GrantExceeded`, `AlreadyMember`.
    """
    require(scope, Permission.ADMIN)
    check_grant(scope, PERMISSIONS_OF[role])
    made, hashed = new_invitation(runtime, scope, email, role, lifetime)
    invitation = made.invitation
    async with runtime.db.transaction(scope) as connection:
        user = await find_user_by_email(connection, invitation.email)
        if user is not None and await find_membership(connection, scope.tenant_id, user.id) is not None:
            raise AlreadyMember(email=invitation.email)
        await store.put_invitation(connection, scope, invitation, hashed)
        deed = Deed("invite_member", (invitation.id,), detail={"role": role.value})
        await note(connection, scope, deed, invitation.created_at)
        await seal(connection, made)
    return made


def new_invitation(
    runtime: Runtime, scope: Scope, email: str, role: Role, lifetime: timedelta
) -> tuple[InvitationWithToken, str]:
    """An invitation into the tenant of a scope, and the hash its token is kept as."""
    now, token = runtime.clock.now(), _MARK + secrets.token_urlsafe(_TOKEN_BYTES)
    email = normal_email(email)
    invitation = Invitation(new_id("inv"), scope.tenant_id, email, role, scope.caller_id, now, now + lifetime)
    return InvitationWithToken(invitation, token), runtime.pepper.digest(token)
