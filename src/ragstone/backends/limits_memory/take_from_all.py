"""Several buckets, one decision: an atomic action on the memory store of throttled-py.

The library decides on one key at a time. This is its generic cell rate algorithm (ITU-T I.371), a token bucket kept as
the moment at which it will be full again, for any number of keys: first every bucket is looked at, then all are written
or none.
"""

import math
from collections.abc import Sequence
from typing import Final

from throttled.asyncio import store
from throttled.store.memory import BaseMemoryStoreBackend
from throttled.types import KeyT, StoreValueT
from throttled.utils import now_mono_f

_N_ARGUMENTS: Final = 3
_ROUNDING: Final = 1e-6  # Of a token: what floating point may lose between two hits at the same moment.


class TakeFromAll(store.BaseMemoryAtomicAction):
    """Takes keys and, for each, the seconds a token takes, the size of the bucket and the tokens wanted.

    Gives whether all were taken; the place of the tightest key; its tokens left; the seconds until it is full, and
    until it would allow the same.
    """

    TYPE = "take_from_all"

    @classmethod
    def _do(
        cls, backend: BaseMemoryStoreBackend, keys: Sequence[KeyT], args: Sequence[StoreValueT] | None
    ) -> tuple[int | float, ...]:
        assert args is not None
        now = now_mono_f()
        full_at: list[float] = []
        tightest: tuple[float, float, int, float] | None = None  # Tokens left, minus the time to full, place, …
        refusal: tuple[float, int, float, float] | None = None  # Time to wait, place, tokens held, time to full.
        for place, key in enumerate(keys):
            interval, size, cost = args[place * _N_ARGUMENTS : (place + 1) * _N_ARGUMENTS]
            was_full_at = max(now, float(backend.get(key) or now))
            held = size - (was_full_at - now) / interval
            wanted = cost or 1
            if held + _ROUNDING < wanted:
                refused = ((wanted - held) * interval, place, held, was_full_at - now)
                refusal = refused if refusal is None else max(refusal, refused)
            full_at.append(was_full_at + cost * interval)
            state = (held - cost, now - full_at[-1], place, full_at[-1] - now)
            tightest = state if tightest is None else min(tightest, state)
        if refusal is not None:
            retry_after_s, place, held, reset_after_s = refusal
            return 0, place, math.floor(max(0.0, held) + _ROUNDING), reset_after_s, retry_after_s
        assert tightest is not None
        for place, key in enumerate(keys):
            if args[place * _N_ARGUMENTS + 2]:
                backend.set(key, full_at[place], math.ceil(full_at[place] - now))
        left, _, place, reset_after_s = tightest
        return 1, place, math.floor(left + _ROUNDING), reset_after_s, 0.0
