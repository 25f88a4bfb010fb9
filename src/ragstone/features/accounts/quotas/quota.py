"""What is counted of a tenant, how much of it there may be, and what is said when there would be more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from ragstone.kit.problem import Kind, Problem
from ragstone.settings import QuotaSettings

MICROS: Final = 1_000_000
"""Money is counted in millionths of the unit that prices are given in."""

KEPT: Final = ""
"""The period of what is counted for as long as it is kept."""


class Resource(StrEnum):
    """What is counted. Documents and bytes are kept; the others are spent, by the month in UTC."""

    DOCUMENTS = "documents"
    BYTES = "bytes"
    REQUESTS = "requests"
    TOKENS = "tokens"
    COST = "cost"


SPENT: Final = (Resource.REQUESTS, Resource.TOKENS, Resource.COST)

Amounts = Mapping[Resource, int]
"""How much of what; of `cost`, in millionths."""

Limits = Mapping[Resource, int | None]
"""How much there may be of each resource; None: any number."""


class QuotaExceeded(Problem):
    """The tenant has used up what it may keep, or spend in a month. `resets` says when a new month begins."""

    kind: ClassVar[Kind] = Kind.RATE_LIMITED
    code: ClassVar[str] = "quota_exceeded"


@dataclass(frozen=True, slots=True)
class Month:
    """A month in UTC, as it is written and as it ends."""

    name: str
    ends_at: datetime

    @classmethod
    def of(cls, now: datetime) -> "Month":
        """The month of a moment."""
        first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return cls(f"{now:%Y-%m}", (first + timedelta(days=32)).replace(day=1))


def default_limits(settings: QuotaSettings) -> Limits:
    """What holds for tenants that nothing else was set for."""
    cost = settings.cost_per_month
    return MappingProxyType(
        {
            Resource.DOCUMENTS: settings.documents,
            Resource.BYTES: settings.bytes,
            Resource.REQUESTS: settings.requests_per_month,
            Resource.TOKENS: settings.tokens_per_month,
            Resource.COST: None if cost is None else micros(cost),
        }
    )


def micros(money: float) -> int:
    """Money in millionths."""
    return round(money * MICROS)


def exceeded(resource: Resource, used: int, limit: int, wanted: int, now: datetime) -> QuotaExceeded:
    """The problem for an amount that does not fit."""
    shown = [amount / MICROS if resource is Resource.COST else amount for amount in (used, limit, wanted)]
    facts: dict[str, str | float] = {"resource": resource, "used": shown[0], "limit": shown[1], "wanted": shown[2]}
    if resource not in SPENT:
        return QuotaExceeded(**facts, resets="-")
    ends_at = Month.of(now).ends_at
    wait_s = round((ends_at - now).total_seconds(), 3)
    return QuotaExceeded(**facts, resets=f"{ends_at:%Y-%m-%dT%H:%M:%SZ}", retry_after_s=wait_s)
