"""Look at API keys. An administrator sees all of the tenant's; everyone else those of their own."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.accounts.keys import store
from ragstone.features.accounts.keys.key import ApiKey, ApiKeyNotFound, Maker
from ragstone.features.accounts.permissions import Permission, require
from ragstone.kit.pagination import Page, decode_cursor, encode_cursor
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime


async def list_api_keys(runtime: Runtime, scope: Scope, *, cursor: str | None, limit: int) -> Page[ApiKey]:
    """Keys, oldest first."""
    require(scope, Permission.READ)
    after = str(decode_cursor(cursor, 1)[0]) if cursor else None
    async with runtime.db.read(scope) as connection:
        owner = None
        if Permission.ADMIN not in scope.permissions:
            owner = (await maker_of(connection, scope)).user_id or scope.caller_id
        found = await store.list_keys(connection, scope, owner, after, limit + 1)
    items = tuple(_with_latest_use(runtime, key) for key in found[:limit])
    return Page(items, encode_cursor(items[-1].id) if len(found) > limit else None)


async def get_api_key(runtime: Runtime, scope: Scope, key_id: str) -> ApiKey:
    """A key. Raises `ApiKeyNotFound`."""
    require(scope, Permission.READ)
    async with runtime.db.read(scope) as connection:
        return _with_latest_use(runtime, await get_visible_key(connection, scope, key_id))


async def get_visible_key(connection: AsyncConnection, scope: Scope, key_id: str) -> ApiKey:
    """A key, if the caller may see it. Raises `ApiKeyNotFound`."""
    key = await store.find_key(connection, scope, key_id)
    if key is None:
        raise ApiKeyNotFound(key_id=key_id)
    if Permission.ADMIN not in scope.permissions:
        owner = (await maker_of(connection, scope)).user_id or scope.caller_id
        if owner not in {key.user_id, key.id}:
            raise ApiKeyNotFound(key_id=key_id)
    return key


async def maker_of(connection: AsyncConnection, scope: Scope) -> Maker:
    """Who stands behind the caller."""
    if is_member(scope):
        return Maker(scope.caller_id)
    return await store.find_maker(connection, scope) or Maker(None)


def is_member(scope: Scope) -> bool:
    """Whether a person is calling, and not a program with a key or a token."""
    return scope.caller_id.startswith("usr_")


def _with_latest_use(runtime: Runtime, key: ApiKey) -> ApiKey:
    """What is not written yet counts too."""
    latest = runtime.key_uses.find(key.id)
    return key if latest is None else replace(key, last_used_at=latest)
