"""What every `JobQueue` must do.

Subclass the suite in a test module, give it the fixture `queue`, and run pytest with the anyio plugin:

    class TestMyQueue(JobQueueContract):
        @pytest.fixture
        def queue(self) -> JobQueue:
            return MyQueue()
"""

import asyncio
import time

import pytest

from ragstone.ports.job_queue import JobQueue

_SOON_S = 20.0  # How long to wait for what must come; a sound queue takes milliseconds.
_NOW_S = 0.05
_DELAY_S = 0.2
_CLOCK_STEP_S = 0.02


class JobQueueContract:
    """Job ids from senders to receivers. Losses and doubles are allowed, so neither is asked for here."""

    @pytest.fixture
    def queue(self) -> JobQueue:
        """An empty queue."""
        raise NotImplementedError

    async def test_an_empty_queue_gives_nothing_in_time(self, queue: JobQueue) -> None:
        """None, not an error."""
        assert await queue.receive(_NOW_S) is None

    async def test_what_is_sent_is_received(self, queue: JobQueue) -> None:
        """All of it."""
        sent = {f"job_{number}" for number in range(20)}
        for job_id in sent:
            await queue.send(job_id)
        assert {await queue.receive(_SOON_S) for _ in sent} == sent

    async def test_a_waiting_receiver_is_woken(self, queue: JobQueue) -> None:
        """Without waiting for its time-out."""
        receiver = asyncio.create_task(queue.receive(_SOON_S))
        await asyncio.sleep(0)
        await queue.send("job_1")
        assert await receiver == "job_1"

    async def test_receivers_share_the_work(self, queue: JobQueue) -> None:
        """Each waiting one gets something of its own."""
        receivers = [asyncio.create_task(queue.receive(_SOON_S)) for _ in range(3)]
        await asyncio.sleep(0)
        for number in range(3):
            await queue.send(f"job_{number}")
        assert set(await asyncio.gather(*receivers)) == {"job_0", "job_1", "job_2"}

    async def test_a_delayed_job_comes_no_sooner_than_asked(self, queue: JobQueue) -> None:
        """And lets others pass."""
        due_at = time.monotonic() + _DELAY_S
        await queue.send("job_late", delay_s=_DELAY_S)
        await queue.send("job_now")
        assert await queue.receive(_SOON_S) == "job_now"
        assert await queue.receive(_SOON_S) == "job_late"
        assert time.monotonic() > due_at - _CLOCK_STEP_S

    async def test_a_job_may_be_sent_again_once_received(self, queue: JobQueue) -> None:
        """As a retry is."""
        for _ in range(3):
            await queue.send("job_1")
            assert await queue.receive(_SOON_S) == "job_1"

    async def test_giving_up_on_receiving_loses_nothing_sent_later(self, queue: JobQueue) -> None:
        """A cancelled receiver takes no message with it."""
        receiver = asyncio.create_task(queue.receive(_SOON_S))
        await asyncio.sleep(0)
        receiver.cancel()
        with pytest.raises(asyncio.CancelledError):
            await receiver
        await queue.send("job_1")
        assert await queue.receive(_SOON_S) == "job_1"
