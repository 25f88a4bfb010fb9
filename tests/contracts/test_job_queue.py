"""The job queue contract, bound to every queue we ship."""

import pytest

from ragstone.backends.queue_inline.job_queue import InlineJobQueue
from ragstone.ports.job_queue import JobQueue
from ragstone.testing.job_queue import JobQueueContract


class TestInlineJobQueue(JobQueueContract):
    @pytest.fixture
    def queue(self) -> JobQueue:
        return InlineJobQueue()
