"""Going on in another tenant one is a member of."""

from ragstone.features.accounts import session_store, user_store
from ragstone.features.accounts.api_keys import check_tenant
from ragstone.features.accounts.identity import Identity
from ragstone.features.accounts.sign_in.grant import Welcome, grant, open_session, tenant_name
from ragstone.features.accounts.sign_in.login import MembershipMissing
from ragstone.kit.scope import Origin, Scope
from ragstone.ports.runtime import Runtime


async def switch(
    runtime: Runtime, identity: Identity, scope: Scope, session_id: str, to: str, visitor: Origin
) -> Welcome:
    """A session in another tenant, in the place of the one that asks; where one is a member is read, not believed.

    Raises `MembershipMissing`, `TenantSuspended`.
    """
    now = runtime.clock.now()
    async with runtime.db.transaction_across_tenants() as connection:
        user = await user_store.find_user(connection, scope.caller_id)
        membership = await user_store.find_membership(connection, to, scope.caller_id)
        state = await user_store.find_tenant_state(connection, to)
        if user is None or membership is None or state is None:
            raise MembershipMissing
        check_tenant(*state)
        await session_store.revoke_session(connection, user.id, session_id, now)
        opened = await open_session(connection, runtime, membership, visitor, now)
        named = await tenant_name(connection, membership)
    return Welcome(user, membership, named, await grant(identity, opened.session, opened.refresh_token))
