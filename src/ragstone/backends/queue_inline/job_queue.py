"""The `JobQueue` port inside one process and one event loop. What waits in it is lost with the process."""

import asyncio


class InlineJobQueue:
    """Rings for jobs of this process. A job that waits already is not queued twice: the earlier ring stands.

    So the queue never holds more entries than there are unfinished jobs.
    """

    def __init__(self) -> None:
        self._due: asyncio.Queue[str] = asyncio.Queue()
        self._due_ids: set[str] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    async def send(self, job_id: str, delay_s: float = 0.0) -> None:
        """Ask for the job to be looked at, no sooner than after `delay_s` seconds."""
        loop = asyncio.get_running_loop()
        timer = self._timers.get(job_id)
        if job_id in self._due_ids or (timer and timer.when() <= loop.time() + delay_s):
            return
        if timer:
            timer.cancel()
        if delay_s > 0:
            self._timers[job_id] = loop.call_later(delay_s, self._ring, job_id)
        else:
            self._ring(job_id)

    async def receive(self, timeout_s: float) -> str | None:
        """The next job id, or None if none came in `timeout_s` seconds."""
        try:
            async with asyncio.timeout(timeout_s):
                job_id = await self._due.get()
        except TimeoutError:
            return None
        self._due_ids.remove(job_id)
        return job_id

    def _ring(self, job_id: str) -> None:
        self._timers.pop(job_id, None)
        self._due_ids.add(job_id)
        self._due.put_nowait(job_id)
