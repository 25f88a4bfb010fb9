"""Dropping what is left of signing in once it is of no use any more."""

from datetime import timedelta
from typing import Final

from ragstone.db.database import Database
from ragstone.features.accounts import delay_store, one_time_store, session_store, signing_key_store
from ragstone.kit.clock import Clock

_SESSIONS_KEPT: Final = timedelta(days=30)  # A copy of a refresh token is still told from nonsense for so long.
_DELAYS_KEPT: Final = timedelta(hours=1)
_KEYS_KEPT: Final = timedelta(days=1)


async def forget_sign_ins(db: Database, clock: Clock) -> None:
    """Drop sessions, delays and keys that have been over for a while."""
    now = clock.now()
    async with db.transaction_across_tenants() as connection:
        await session_store.forget_sessions(connection, now - _SESSIONS_KEPT)
        await one_time_store.forget_one_time(connection, now)
        await delay_store.forget_delays(connection, now - _DELAYS_KEPT)
        await signing_key_store.forget_signing_keys(connection, now - _KEYS_KEPT)
