"""Make an API key."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.api_keys import new_secret, secret_hash
from ragstone.features.accounts.keys import store
from ragstone.features.accounts.keys.key import ApiKey, ApiKeyDraft, ApiKeyExpiryInvalid, KeyWithSecret, Maker
from ragstone.features.accounts.keys.read import is_member, maker_of
from ragstone.features.accounts.permissions import Permission, check_grant, require
from ragstone.features.accounts.repeatable import Seal, unsealed
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime


async def make_api_key(
    runtime: Runtime, scope: Scope, draft: ApiKeyDraft, seal: Seal[KeyWithSecret] = unsealed
) -> KeyWithSecret:
    """A new key, which can do no more and lasts no longer than the credential it is made with.

    Members make keys for themselves; a program needs to be an administrator's. Raises `GrantExceeded`,
    `ApiKeyExpiryInvalid`.
    """
    require(scope, Permission.READ if is_member(scope) else Permission.ADMIN)
    check_grant(scope, draft.permissions, draft.collection_ids)
    async with runtime.db.transaction(scope) as connection:
        made = await put_key(connection, runtime, scope, draft)
        detail = {"scopes": sorted(draft.permissions), "collections": sorted(draft.collection_ids or ())}
        deed = Deed("make_api_key", (made.key.id,), detail=detail)
        await note(connection, scope, deed, made.key.created_at)
        await seal(connection, made)
    return made


async def put_key(connection: AsyncConnection, runtime: Runtime, scope: Scope, draft: ApiKeyDraft) -> KeyWithSecret:
    """A new key in the tenant of a scope. Raises `ApiKeyExpiryInvalid`."""
    now, secret = runtime.clock.now(), new_secret()
    maker = await maker_of(connection, scope)
    key = ApiKey(
        id=new_id("key"),
        tenant_id=scope.tenant_id,
        name=draft.name,
        prefix=secret.prefix,
        permissions=draft.permissions,
        collection_ids=draft.collection_ids,
        user_id=maker.user_id,
        created_by=scope.caller_id,
        is_bootstrap=False,
        created_at=now,
        expires_at=_end(draft, maker, now),
        last_used_at=None,
        former_until=None,
    )
    await store.insert_key(connection, key, secret_hash(secret.text, runtime.pepper))
    return KeyWithSecret(key, secret.text)


def _end(draft: ApiKeyDraft, maker: Maker, now: datetime) -> datetime | None:
    """When the key ends: as asked for, else with the key it is made with."""
    wanted = draft.expires_at or maker.expires_at
    if wanted is not None and wanted <= now:
        raise ApiKeyExpiryInvalid(earliest=now.isoformat(), latest=_shown(maker.expires_at))
    if wanted is not None and maker.expires_at is not None and wanted > maker.expires_at:
        raise ApiKeyExpiryInvalid(earliest=now.isoformat(), latest=_shown(maker.expires_at))
    return wanted


def _shown(moment: datetime | None) -> str:
    return moment.isoformat() if moment else "∞"
