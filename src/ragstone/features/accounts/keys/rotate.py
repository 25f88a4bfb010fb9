"""Give an API key a new secret."""

from dataclasses import replace
from datetime import timedelta

from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.api_keys import new_secret, secret_hash
from ragstone.features.accounts.keys import store
from ragstone.features.accounts.keys.key import ApiKeyFixed, ApiKeyOfAnother, KeyWithSecret
from ragstone.features.accounts.keys.read import get_visible_key, is_member, maker_of
from ragstone.features.accounts.permissions import Permission, check_grant, require
from ragstone.features.accounts.repeatable import Seal, unsealed
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime


async def rotate_api_key(
    runtime: Runtime, scope: Scope, key_id: str, grace: timedelta, seal: Seal[KeyWithSecret] = unsealed
) -> KeyWithSecret:
    """The key with a new secret; the one so far works until the grace is over, and one from before that no more.

    Whoever gets the secret can do what the key can, so it is given to nobody who could not make the key. Raises
    `ApiKeyNotFound`, `ApiKeyFixed`, `ApiKeyOfAnother`, `GrantExceeded`.
    """
    require(scope, Permission.READ if is_member(scope) else Permission.ADMIN)
    now, secret = runtime.clock.now(), new_secret()
    async with runtime.db.transaction(scope) as connection:
        key = await get_visible_key(connection, scope, key_id)
        if key.is_bootstrap:
            raise ApiKeyFixed(key_id=key_id)
        if key.user_id is not None and key.user_id != (await maker_of(connection, scope)).user_id:
            raise ApiKeyOfAnother(key_id=key_id)
        check_grant(scope, key.permissions, key.collection_ids)
        until = now + grace
        hashed = secret_hash(secret.text, runtime.pepper)
        await store.rotate_key(connection, scope, key_id, hashed, until, secret.prefix)
        detail = {"former_until": until.isoformat()}
        await note(connection, scope, Deed("rotate_api_key", (key_id,), detail=detail), now)
        rotated = KeyWithSecret(replace(key, prefix=secret.prefix, former_until=until), secret.text)
        await seal(connection, rotated)
    return rotated
