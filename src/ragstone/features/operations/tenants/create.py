"""Make a tenant, and a way into it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.invitations.invite import new_invitation
from ragstone.features.accounts.invitations.store import put_invitation
from ragstone.features.accounts.keys.key import ApiKeyDraft
from ragstone.features.accounts.keys.make import put_key
from ragstone.features.accounts.permissions import PERMISSIONS_OF, Permission, Role, require
from ragstone.features.accounts.repeatable import Seal, unsealed
from ragstone.features.operations.tenants import store
from ragstone.features.operations.tenants.tenant import NewTenant, TenantRecord
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

FIRST_KEY: Final = "first key"
_INVITED_FOR: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class TenantDraft:
    """What a new tenant is to be, whom to invite as its owner, and whether it gets an API key."""

    name: str
    owner_email: str | None = None
    with_api_key: bool = False


async def create_tenant(
    runtime: Runtime, scope: Scope, draft: TenantDraft, seal: Seal[NewTenant] = unsealed
) -> NewTenant:
    """A new tenant with nobody in it yet; an invitation for its owner or an owner's API key lets somebody in."""
    require(scope, Permission.PLATFORM)
    now = runtime.clock.now()
    tenant = TenantRecord(new_id("ten"), draft.name, now)
    there = Scope(tenant.id, scope.caller_id, PERMISSIONS_OF[Role.OWNER], origin=scope.origin)
    async with runtime.db.transaction_across_tenants() as connection:
        await store.insert_tenant(connection, tenant)
        invited = None
        if draft.owner_email is not None:
            invited, hashed = new_invitation(runtime, there, draft.owner_email, Role.OWNER, _INVITED_FOR)
            await put_invitation(connection, there, invited.invitation, hashed)
        key = None
        if draft.with_api_key:
            key = await put_key(connection, runtime, there, ApiKeyDraft(FIRST_KEY, PERMISSIONS_OF[Role.OWNER]))
        await note(connection, scope, Deed("create_tenant", (tenant.id,)), now)
        made = NewTenant(tenant, invited, key)
        await seal(connection, made)
    return made
