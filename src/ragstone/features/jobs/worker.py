"""Who takes jobs: each worker says from time to time that it is there."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ragstone.kit.ids import new_id

BEAT_S: Final = 5.0
"""How often a worker says that it is there, in seconds."""

ALIVE_S: Final = 20.0
"""A worker that has not been heard of for so long is taken for dead, in seconds."""


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """One row of the table of workers: where it is, how many jobs it can run, and how many it runs."""

    id: str
    host: str
    pid: int
    slots: int
    running: int
    started_at: datetime
    seen_at: datetime


def this_worker(slots: int, now: datetime) -> WorkerSeen:
    """A worker of this process, with nothing to do yet."""
    return WorkerSeen(new_id("wrk"), socket.gethostname()[:255], os.getpid(), slots, 0, now, now)
