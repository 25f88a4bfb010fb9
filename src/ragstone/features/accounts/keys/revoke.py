"""Take an API key back."""

from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.keys import store
from ragstone.features.accounts.keys.key import ApiKeyFixed
from ragstone.features.accounts.keys.read import get_visible_key, is_member
from ragstone.features.accounts.permissions import Permission, require
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime


async def revoke_api_key(runtime: Runtime, scope: Scope, key_id: str) -> None:
    """Delete a key, whose next request is refused. Raises `ApiKeyNotFound`, `ApiKeyFixed`."""
    require(scope, Permission.READ if is_member(scope) else Permission.ADMIN)
    async with runtime.db.transaction(scope) as connection:
        key = await get_visible_key(connection, scope, key_id)
        if key.is_bootstrap:
            raise ApiKeyFixed(key_id=key_id)
        await store.delete_key(connection, scope, key_id)
        await note(connection, scope, Deed("revoke_api_key", (key_id,)), runtime.clock.now())
