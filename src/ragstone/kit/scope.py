"""Who is asking, and within which tenant. The first argument of every use case."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """A tenant, a caller and what the caller may do. It is made from a credential and from nothing else."""

    tenant_id: str
    caller_id: str
    permissions: frozenset[str]
