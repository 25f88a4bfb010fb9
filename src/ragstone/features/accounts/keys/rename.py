"""Call an API key something else."""

from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.keys import store
from ragstone.features.accounts.keys.key import ApiKey
from ragstone.features.accounts.keys.read import get_api_key, get_visible_key, is_member
from ragstone.features.accounts.permissions import Permission, require
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime


async def rename_api_key(runtime: Runtime, scope: Scope, key_id: str, name: str) -> ApiKey:
    """The key under its new name. Raises `ApiKeyNotFound`."""
    require(scope, Permission.READ if is_member(scope) else Permission.ADMIN)
    async with runtime.db.transaction(scope) as connection:
        await get_visible_key(connection, scope, key_id)
        await store.update_key(connection, scope, key_id, name=name)
        await note(connection, scope, Deed("rename_api_key", (key_id,)), runtime.clock.now())
    return await get_api_key(runtime, scope, key_id)
