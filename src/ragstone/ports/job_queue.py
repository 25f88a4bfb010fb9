"""A bell that tells workers to look at a job row. It carries a job id and nothing else."""

from typing import Protocol


class JobQueue(Protocol):
    """Messages may be lost, doubled or late: the job row is the truth, and a sweep rings again for what was missed."""

    async def send(self, job_id: str, delay_s: float = 0.0) -> None:
        """Ask for the job to be looked at, no sooner than after `delay_s` seconds."""
        ...

    async def receive(self, timeout_s: float) -> str | None:
        """The next job id, or None if none came in `timeout_s` seconds."""
        ...
