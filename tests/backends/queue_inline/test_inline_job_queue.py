"""Doubles and delays of the queue inside the process."""

import asyncio

import pytest

from ragstone.backends.queue_inline.job_queue import InlineJobQueue


@pytest.fixture
def queue() -> InlineJobQueue:
    return InlineJobQueue()


async def everything(queue: InlineJobQueue) -> list[str]:
    received = []
    while (job_id := await queue.receive(0.3)) is not None:
        received.append(job_id)
    return received


async def test_jobs_come_in_the_order_they_fell_due(queue: InlineJobQueue) -> None:
    await queue.send("job_3", delay_s=0.1)
    await queue.send("job_2", delay_s=0.05)
    await queue.send("job_1")
    assert await everything(queue) == ["job_1", "job_2", "job_3"]


async def test_a_job_that_waits_already_is_not_queued_twice(queue: InlineJobQueue) -> None:
    for delay_s in (0.0, 0.0, 0.05):
        await queue.send("job_1", delay_s)
    assert await everything(queue) == ["job_1"]


async def test_the_earlier_ring_stands(queue: InlineJobQueue) -> None:
    await queue.send("job_1", delay_s=3600)
    await queue.send("job_1", delay_s=0.05)
    await queue.send("job_1", delay_s=7200)
    assert await everything(queue) == ["job_1"]


async def test_a_delayed_job_can_be_called_forward(queue: InlineJobQueue) -> None:
    await queue.send("job_1", delay_s=0.05)
    await queue.send("job_1")
    assert await queue.receive(0) == "job_1"
    assert await everything(queue) == []


async def test_nothing_is_lost_when_receivers_give_up_as_jobs_arrive(queue: InlineJobQueue) -> None:
    received: list[str | BaseException | None] = []
    for number in range(200):
        receiver = asyncio.create_task(queue.receive(5))
        await asyncio.sleep(0)
        await queue.send(f"job_{number}")
        receiver.cancel()
        received += await asyncio.gather(receiver, return_exceptions=True)
    received += await everything(queue)
    assert {job_id for job_id in received if isinstance(job_id, str)} == {f"job_{number}" for number in range(200)}
