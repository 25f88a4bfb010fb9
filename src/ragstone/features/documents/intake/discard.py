"""Take back what a broken request had already written."""

from ragstone.db.database import Database
from ragstone.features.documents import store
from ragstone.features.jobs import store as job_store
from ragstone.kit.scope import Scope


async def discard_held(db: Database, scope: Scope, job_id: str) -> None:
    """Remove a job that is still held, with the documents it was to read, none of which was ever shown."""
    async with db.transaction() as connection:
        if await job_store.delete_held(connection, scope, job_id):
            await store.delete_unread(connection, scope, job_id)
