"""What a slice gives the worker for each kind of job it owns."""

from typing import Protocol

from ragstone.features.jobs.run import JobRun
from ragstone.kit.problem import Problem


class JobKind(Protocol):
    """Does one kind of job. Both methods may be called again for a job that was interrupted anywhere."""

    async def run(self, run: JobRun) -> bool:
        """Do the work. False if it was postponed. Raises a `Problem` when it cannot be done, `LeaseLost` when
        another worker has it, and may be cancelled at any await.
        """
        ...

    async def give_up(self, run: JobRun, problem: Problem | None) -> None:
        """The job ends here, failed or (without a problem) cancelled: leave nothing half done."""
        ...
