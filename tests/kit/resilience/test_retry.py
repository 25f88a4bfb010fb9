import asyncio
import time

import pytest

from ragstone.kit.resilience.retry import DeadlineExceeded, RetryPolicy, TransientError


class Script:
    """Raises what it is given, one after the other, then answers; notes when it was called."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.called_at: list[float] = []

    async def __call__(self) -> str:
        self.called_at.append(time.monotonic())
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


QUICK = RetryPolicy(attempts=3, first_pause_s=0.01, longest_pause_s=0.02, deadline_s=5)


async def test_trouble_that_passes_is_not_seen() -> None:
    script = Script(TransientError("busy"), TransientError("busy"))
    assert await QUICK.run(script) == "answer"
    assert len(script.called_at) == 3


async def test_the_last_trouble_is_raised_when_no_attempt_is_left() -> None:
    script = Script(*(TransientError(f"busy {n}") for n in range(5)))
    with pytest.raises(TransientError, match="busy 2"):
        await QUICK.run(script)
    assert len(script.called_at) == 3


async def test_what_will_not_pass_is_not_tried_again() -> None:
    script = Script(ValueError("wrong"))
    with pytest.raises(ValueError, match="wrong"):
        await QUICK.run(script)
    assert len(script.called_at) == 1


async def test_the_other_side_is_left_alone_as_long_as_it_asks() -> None:
    script = Script(TransientError("busy", retry_after_s=0.2))
    assert await QUICK.run(script) == "answer"
    assert script.called_at[1] - script.called_at[0] >= 0.19


async def test_a_pause_beyond_the_deadline_is_not_begun() -> None:
    script = Script(TransientError("come back tomorrow", retry_after_s=86_400))
    with pytest.raises(TransientError, match="tomorrow"):
        await QUICK.run(script)


async def test_a_call_under_way_is_ended_at_the_deadline() -> None:
    with pytest.raises(DeadlineExceeded, match=r"within 0\.05 s"):
        await RetryPolicy(deadline_s=0.05).run(asyncio.Event().wait)


async def test_a_time_out_of_the_call_itself_is_its_own() -> None:
    with pytest.raises(TimeoutError, match="mine"):
        await QUICK.run(Script(TimeoutError("mine")))
