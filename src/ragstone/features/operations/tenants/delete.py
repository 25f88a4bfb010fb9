"""Delete a tenant: closed to everyone at once, and everything of it removed by a durable job."""

from typing import Final

from ragstone.db.deeds import Deed, note
from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.jobs.enqueue import NewJob, enqueue
from ragstone.features.jobs.job import Job, Priority
from ragstone.features.operations.tenants import store
from ragstone.features.operations.tenants.read import get_dispensable
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

ERASE: Final = "tenants.erase"
"""The kind of job that removes everything of a tenant. Payload: `erased`, the tenant; the job is its deleter's."""

_MANY_ATTEMPTS: Final = 1000  # What is to be gone has to go in the end, however long a store is down.


async def delete_tenant(runtime: Runtime, scope: Scope, tenant_id: str) -> Job:
    """Refuse every request of a tenant from now on, and queue its removal; asking again queues it again.

    Raises `TenantNotFound`, `TenantInUse`.
    """
    require(scope, Permission.PLATFORM)
    now = runtime.clock.now()
    async with runtime.db.transaction_across_tenants() as connection:
        await get_dispensable(connection, scope, tenant_id)
        await store.update_tenant(connection, tenant_id, deleted_at=now)
        new = NewJob(
            ERASE, {"erased": tenant_id}, max_attempts=_MANY_ATTEMPTS, priority=Priority.URGENT, collection_id=None
        )
        job = await enqueue(connection, scope, new, now)
        await note(connection, scope, Deed("delete_tenant", (tenant_id, job.id)), now)
    await runtime.queue.send(job.id)
    return job
