"""How much a request may ask: one decision over the buckets of its address, its tenant, its caller and its class.

An address is looked at before its credential, so that guessing is slowed down without a look into the store. Tokens are
taken once it is known who asks: a request that is refused takes none anywhere.
"""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import ClassVar, Final

from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Scope
from ragstone.ports.rate_limiter import Decision, Hit, Rate, RateLimiter
from ragstone.settings import LimitSettings

_USER_PREFIX: Final = "usr_"
_NETWORK_BITS: Final = 64  # What one IPv6 subscriber is given at least.


class RouteClass(StrEnum):
    """What sort of work a request is."""

    SEARCH = "search"
    ANSWER = "answer"
    INGEST = "ingest"
    READ = "read"
    WRITE = "write"
    AUTH = "auth"


class RateLimited(Problem):
    """Too much was asked in too short a time. `of` says by whom: the address, the tenant, the user or key, or a class
    of routes.
    """

    kind: ClassVar[Kind] = Kind.RATE_LIMITED
    code: ClassVar[str] = "rate_limited"


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a request comes from, and what sort of work it is."""

    address: str
    route_class: RouteClass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of the settings, counted by a limiter. `tell` hears how the tightest bucket stands."""

    limiter: RateLimiter
    settings: LimitSettings
    tell: Callable[[Decision], None]

    async def look(self, asked: Asked) -> None:
        """Before the credential: has the address asked, or guessed, too much already? Takes nothing.

        Raises `RateLimited`.
        """
        if self.settings.enabled:
            await self._hit(self._address(asked, 0), self._guess(asked, 0), is_told=False)

    async def take(self, scope: Scope, asked: Asked) -> None:
        """Count a request whose caller is known. Raises `RateLimited`."""
        if not self.settings.enabled:
            return
        cost = self._cost(asked)
        caller = f"{scope.tenant_id}/{scope.caller_id}"
        is_user = scope.caller_id.startswith(_USER_PREFIX)
        await self._hit(
            self._address(asked, cost),
            _hit("tenant", scope.tenant_id, self.settings.tenant, cost),
            _hit("user", scope.caller_id, self.settings.user, cost)
            if is_user
            else _hit("key", caller, self.settings.key, cost),
            *self._class(asked, caller),
        )

    async def take_unknown(self, asked: Asked) -> None:
        """Count a request that is made without a credential, as signing in is. Raises `RateLimited`."""
        if self.settings.enabled:
            address = self._address(asked, self._cost(asked))
            await self._hit(address, *self._class(asked, network_of(asked.address)))

    async def take_guess(self, asked: Asked) -> None:
        """Count a wrong credential. Raises `RateLimited` in place of saying that it was wrong, once too many were."""
        if self.settings.enabled:
            await self._hit(self._address(asked, 1), self._guess(asked, 1), is_told=False)

    def _cost(self, asked: Asked) -> int:
        cost: int = getattr(self.settings, f"{asked.route_class}_cost", 1)
        return cost

    def _address(self, asked: Asked, cost: int) -> Hit:
        return _hit("address", network_of(asked.address), self.settings.address, cost)

    def _guess(self, asked: Asked, cost: int) -> Hit:
        return _hit("guesses", network_of(asked.address), self.settings.guesses, cost)

    def _class(self, asked: Asked, whose: str) -> list[Hit]:
        """The bucket of the request's class, if it has one of its own."""
        rate = getattr(self.settings, asked.route_class)
        return [_hit(asked.route_class, whose, rate, 1)] if rate is not None else []

    async def _hit(self, *hits: Hit, is_told: bool = True) -> None:
        decision = await self.limiter.hit(*hits)
        if is_told or not decision.allowed:
            self.tell(decision)
        if not decision.allowed:
            of, _, _ = decision.key.partition("/")
            raise RateLimited(of=of, limit=decision.limit, retry_after_s=round(decision.retry_after_s, 3))


def headers(decision: Decision) -> dict[str, str]:
    """What a response tells of the tightest bucket."""
    return {
        "RateLimit-Limit": str(decision.limit),
        "RateLimit-Remaining": str(decision.remaining),
        "RateLimit-Reset": str(max(0, round(decision.reset_after_s))),
    }


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """What counts as one address: IPv4 as it is, also within IPv6, else the network an IPv6 address is in."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), _NETWORK_BITS), strict=False))


@lru_cache(maxsize=64)
def rate_of(text: str) -> Rate:
    """A rate as settings write it: `30000/2000`."""
    per_minute, _, burst = text.partition("/")
    return Rate(int(per_minute), int(burst))


def _hit(of: str, name: str, rate: str, cost: int) -> Hit:
    """No request is refused for ever because it costs more than a bucket holds."""
    bucket = rate_of(rate)
    return Hit(f"{of}/{name}", bucket, min(cost, bucket.burst))
