"""Write down when keys were last used: many at a time and beside the requests, so that no request waits for it."""

from ragstone.features.accounts.keys import store
from ragstone.ports.runtime import Runtime


async def note_key_uses(runtime: Runtime) -> int:
    """Write what has gathered since the last time; of how many keys. What fails is written the next time."""
    uses = runtime.key_uses.take()
    if uses:
        try:
            async with runtime.db.transaction_across_tenants() as connection:
                await store.note_uses(connection, uses)
        except BaseException:
            runtime.key_uses.put_back(uses)
            raise
    return len(uses)
