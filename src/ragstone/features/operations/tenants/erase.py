"""Remove everything of a tenant that is being deleted: points, blobs, rows, and users who were nowhere else.

Projections go first and the row of the tenant last, so that an interrupted job finds what is left of it.
"""

from typing import Final

from ragstone.features.jobs.run import JobRun, postpone
from ragstone.features.operations.tenants import store
from ragstone.kit.problem import Problem
from ragstone.ports.runtime import Runtime

_WAIT_S: Final = 0.5
_BATCH: Final = 1000
_STEPS: Final = ("index", "blobs", "rows")


class EraseJobs:
    """Runs erase jobs."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def run(self, run: JobRun) -> bool:
        """Remove everything of one tenant. False if somebody still works on a job of it."""
        tenant_id = str(run.job.payload["erased"])
        async with self._runtime.db.transaction_across_tenants() as connection:
            await run.guard(connection)
            in_hand = await store.stop_jobs(connection, tenant_id, self._runtime.clock.now())
        if in_hand:
            await postpone(run, _WAIT_S)
            return False
        for done, (step, act) in enumerate(zip(_STEPS, (self._index, self._blobs, self._rows), strict=True), 1):
            await act(run, tenant_id)
            await run.report(step, done, len(_STEPS))
        return True

    async def give_up(self, run: JobRun, problem: Problem | None) -> None:
        """Nothing to undo: the tenant stays closed, and deleting it again goes on."""

    async def _index(self, run: JobRun, tenant_id: str) -> None:
        for space in await self._runtime.index.list_spaces():
            if space.tenant_id == tenant_id:
                await self._runtime.index.drop(space)
                await run.heartbeat()

    async def _blobs(self, run: JobRun, tenant_id: str) -> None:
        keys = [blob.key async for blob in self._runtime.blobs.list_blobs(f"{tenant_id}/")]
        for number, key in enumerate(keys):
            await self._runtime.blobs.delete(key)
            if number % _BATCH == 0:
                await run.heartbeat()

    async def _rows(self, run: JobRun, tenant_id: str) -> None:
        async with self._runtime.db.read_across_tenants() as connection:
            user_ids = await store.list_member_ids(connection, tenant_id)
        for table in store.tables_of_tenants():
            if table.name == "memberships":  # These go with the tenant, which tells until the end whose users they are.
                continue
            gone = _BATCH
            while gone == _BATCH:
                async with self._runtime.db.transaction_across_tenants() as connection:
                    await run.guard(connection)
                    gone = await store.delete_rows(connection, table, tenant_id, _BATCH)
        async with self._runtime.db.transaction_across_tenants() as connection:
            await run.guard(connection)
            await store.delete_tenant(connection, tenant_id, user_ids)
