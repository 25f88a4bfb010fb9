"""Everything that can go wrong and be told to a caller.

A problem is a kind, a code and facts. Its text is rendered from the message catalogue at the entry point, in the
caller's language; one table per entry point maps the kind to an HTTP status, an exit code or a worker's decision.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Self, TypeAlias


class Kind(StrEnum):
    """What sort of trouble it is, independent of any protocol."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    INTERNAL = "internal"


RETRYABLE: frozenset[Kind] = frozenset({Kind.UNAVAILABLE, Kind.TIMEOUT, Kind.RATE_LIMITED, Kind.INTERNAL})
"""Kinds that may pass by themselves; durable work is tried again after one of these, and given up after any other."""

Fact: TypeAlias = str | int | float | bool | None


class Problem(Exception):
    """Base of all problems. A subclass fixes `kind` and `code`; an instance carries the facts the message names."""

    kind: ClassVar[Kind] = Kind.INTERNAL
    code: ClassVar[str] = "internal"

    def __init__(self, **facts: Fact) -> None:
        self.facts = facts
        self.parts: Mapping[str, Problem] = MappingProxyType({})
        super().__init__(f"{self.code} {facts}" if facts else self.code)

    def with_parts(self, parts: "Mapping[str, Problem]") -> Self:
        """The same problem, made up of others: what is wrong at each place of the request, as a JSON pointer."""
        self.parts = MappingProxyType(dict(parts))
        return self

    @property
    def is_retryable(self) -> bool:
        """Whether trying the same again later can help."""
        return self.kind in RETRYABLE
