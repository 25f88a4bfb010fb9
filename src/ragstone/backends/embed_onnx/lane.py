"""Worker threads that embed token sequences in batches of whatever is waiting. It knows no event loop."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeAlias

from ragstone.ports.vectors import DenseMatrix, DenseVector

Embed: TypeAlias = Callable[[Sequence[Sequence[int]]], DenseMatrix]


@dataclass(frozen=True, slots=True)
class _Waiting:
    ids: Sequence[int]
    vector: "Future[DenseVector]" = field(default_factory=Future)


class Lane:
    """`n_threads` threads over one queue shared by all callers.

    An idle thread takes what stands at the head of the queue, up to `max_batch_tokens` with padding counted, and at
    least one sequence. Nobody waits for a batch to fill.
    """

    def __init__(self, name: str, embed: Embed, *, n_threads: int, max_batch_tokens: int) -> None:
        self._embed = embed
        self._max_batch_tokens = max_batch_tokens
        self._queue: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True) for number in range(n_threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, sequences: Sequence[Sequence[int]]) -> list["Future[DenseVector]"]:
        """The coming vectors of the sequences. A future cancelled before its turn costs nothing."""
        items = [_Waiting(ids) for ids in sequences]
        with self._changed:
            if self._closed:
                raise RuntimeError("the lane is closed")
            self._queue.extend(items)
            self._changed.notify(len(items))
        return [item.vector for item in items]

    def close(self) -> None:
        """Cancel what is waiting, finish what is running, end the threads. Idempotent."""
        with self._changed:
            self._closed = True
            waiting = list(self._queue)
            self._queue.clear()
            self._changed.notify_all()
        for item in waiting:
            item.vector.cancel()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while batch := self._take():
            try:
                vectors = self._embed([item.ids for item in batch])
            except Exception as error:  # noqa: BLE001 - whatever it is belongs to those who wait for the vectors.
                for item in batch:
                    item.vector.set_exception(error)
            else:
                for item, vector in zip(batch, vectors, strict=True):
                    item.vector.set_result(vector)

    def _take(self) -> list[_Waiting]:
        """The next batch, waiting for one if need be; empty when the lane is closed."""
        batch: list[_Waiting] = []
        longest = 0
        with self._changed:
            while not batch and not self._closed:
                self._changed.wait_for(lambda: self._queue or self._closed)
                while self._queue:
                    longest = max(longest, len(self._queue[0].ids))
                    if batch and longest * (len(batch) + 1) > self._max_batch_tokens:
                        break
                    item = self._queue.popleft()
                    if item.vector.set_running_or_notify_cancel():
                        batch.append(item)
        return batch
