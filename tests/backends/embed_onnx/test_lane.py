"""Batches, turns and endings of the worker threads, with a model that can be held."""

import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from ragstone.backends.embed_onnx.lane import Lane
from ragstone.ports.vectors import DenseMatrix

WAIT_S = 20.0


class HeldModel:
    """Gives each sequence its first number as vector; computes nothing until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.entered = threading.Semaphore(0)
        self.released = threading.Event()

    def embed(self, batch: Sequence[Sequence[int]]) -> DenseMatrix:
        self.batches.append([len(ids) for ids in batch])
        self.entered.release()
        assert self.released.wait(WAIT_S)
        if any(ids[0] < 0 for ids in batch):
            raise ValueError("negative")
        return np.array([[ids[0]] for ids in batch], np.float32)


@pytest.fixture
def model() -> HeldModel:
    return HeldModel()


@pytest.fixture
def lane(model: HeldModel) -> Iterator[Lane]:
    lane = Lane("test", model.embed, n_threads=1, max_batch_tokens=10)
    yield lane
    model.released.set()
    lane.close()


def test_what_waits_is_taken_together_up_to_the_token_limit_with_padding(lane: Lane, model: HeldModel) -> None:
    first = lane.submit([[0]])
    assert model.entered.acquire(timeout=WAIT_S)
    waiting = lane.submit([[1] * 5, [2] * 4, [3] * 4]) + lane.submit([[4] * 2, [5]])
    model.released.set()
    assert [float(future.result(WAIT_S)[0]) for future in first + waiting] == [0, 1, 2, 3, 4, 5]
    assert model.batches == [[1], [5, 4], [4, 2], [1]]


def test_a_sequence_over_the_limit_goes_alone(lane: Lane, model: HeldModel) -> None:
    model.released.set()
    (future,) = lane.submit([[7] * 50])
    assert future.result(WAIT_S) == [7]
    assert model.batches == [[50]]


def test_a_failure_reaches_everyone_in_the_batch_and_nobody_else(lane: Lane, model: HeldModel) -> None:
    model.released.set()
    failing = lane.submit([[-1] * 9])
    fine = lane.submit([[1] * 9])
    with pytest.raises(ValueError, match="negative"):
        failing[0].result(WAIT_S)
    assert fine[0].result(WAIT_S) == [1]


def test_what_is_cancelled_before_its_turn_is_never_computed(lane: Lane, model: HeldModel) -> None:
    lane.submit([[0]])
    assert model.entered.acquire(timeout=WAIT_S)
    cancelled, kept = lane.submit([[1] * 9, [2] * 8])
    assert cancelled.cancel()
    model.released.set()
    assert kept.result(WAIT_S) == [2]
    assert model.batches == [[1], [8]]


def test_several_threads_share_one_queue(model: HeldModel) -> None:
    lane = Lane("test", model.embed, n_threads=2, max_batch_tokens=1)
    futures = lane.submit([[1], [2]])
    for _ in futures:
        assert model.entered.acquire(timeout=WAIT_S)
    model.released.set()
    assert [float(future.result(WAIT_S)[0]) for future in futures] == [1, 2]
    lane.close()


def test_closing_finishes_what_runs_and_cancels_what_waits(model: HeldModel) -> None:
    lane = Lane("test", model.embed, n_threads=1, max_batch_tokens=1)
    running, waiting = lane.submit([[1], [2]])
    assert model.entered.acquire(timeout=WAIT_S)
    waiting.add_done_callback(lambda _: model.released.set())
    lane.close()
    assert running.result(WAIT_S) == [1]
    assert waiting.cancelled()
    with pytest.raises(RuntimeError, match="closed"):
        lane.submit([[3]])
