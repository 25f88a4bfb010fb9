"""Guessing takes ever longer: attempts are counted by account and address, by address, and by account.

An attempt is counted before the password is looked at, so that a hundred at once are a hundred. Who tries from where
they have signed in before does not wait for what strangers do to their account; so nobody can lock somebody else out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.accounts.delay_store import Delay, delete_delays, is_address_known, lock_delays, put_delay
from ragstone.features.accounts.limits import network_of
from ragstone.kit.pepper import Pepper
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Origin

_FORGOTTEN_AFTER: Final = timedelta(hours=1)
_KNOWN_FOR: Final = timedelta(days=30)


class SignInDelayed(Problem):
    """There were too many failed attempts of late."""

    kind: ClassVar[Kind] = Kind.RATE_LIMITED
    code: ClassVar[str] = "sign_in_delayed"


@dataclass(frozen=True, slots=True)
class _Rule:
    """After `free` attempts each further one has to wait twice as long as the one before, up to `longest_s`."""

    free: int
    longest_s: float

    def delay_s(self, attempts: int) -> float:
        """How long to wait after so many attempts in a row."""
        over = attempts - self.free
        return 0.0 if over < 0 else min(self.longest_s, 2.0 ** min(over, 20))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, by the keys it is counted under."""

    counted: Sequence[tuple[str, _Rule]]
    cleared: str

    @property
    def keys(self) -> list[str]:
        """All keys."""
        return [key for key, _ in self.counted]


_PAIR: Final = _Rule(10, 900.0)
_ADDRESS: Final = _Rule(30, 900.0)
_ACCOUNT: Final = _Rule(100, 60.0)


async def count_attempt(
    connection: AsyncConnection, pepper: Pepper, account: str, visitor: Origin, user_id: str | None, now: datetime
) -> Attempt:
    """Count an attempt to sign in to an account, which need not exist. Raises `SignInDelayed`."""
    network = network_of(visitor.address or "")
    # Looked up for an account that does not exist too, so that it takes as long.
    is_known = await is_address_known(connection, user_id or "", visitor.address or "", now - _KNOWN_FOR)
    pair = _key(pepper, "pair", f"{account} {network}")
    attempt = Attempt(tuple(_counted(pepper, pair, account, network, is_known=is_known)), pair)
    before = await lock_delays(connection, attempt.keys)
    if wait_s := max((_wait_s(delay, now) for delay in before.values()), default=0.0):
        raise SignInDelayed(retry_after_s=round(wait_s, 1))
    for key, rule in attempt.counted:
        attempts = _failures(before.get(key), now) + 1
        await put_delay(connection, Delay(key, attempts, now, now + timedelta(seconds=rule.delay_s(attempts))))
    return attempt


async def forgive(connection: AsyncConnection, attempt: Attempt, now: datetime) -> None:
    """The attempt was a good one: it is not counted, and those before it from the same place are forgotten."""
    found = await lock_delays(connection, attempt.keys)
    await delete_delays(connection, [attempt.cleared])
    for key, _ in attempt.counted:
        if key != attempt.cleared and key in found:
            await put_delay(connection, Delay(key, max(0, found[key].failures - 1), now, None))


def _counted(pepper: Pepper, pair: str, account: str, network: str, *, is_known: bool) -> Iterator[tuple[str, _Rule]]:
    yield pair, _PAIR
    yield _key(pepper, "address", network), _ADDRESS
    if not is_known:
        yield _key(pepper, "account", account), _ACCOUNT


def _key(pepper: Pepper, kind: str, value: str) -> str:
    """Addresses of people are not kept in the clear."""
    return f"{kind}:{pepper.digest(f'{kind} {value}')}"


def _wait_s(delay: Delay, now: datetime) -> float:
    return max(0.0, (delay.blocked_until - now).total_seconds()) if delay.blocked_until else 0.0


def _failures(delay: Delay | None, now: datetime) -> int:
    return delay.failures if delay is not None and now - delay.last_at < _FORGOTTEN_AFTER else 0
