"""Who is asking, and within which tenant. The first argument of every use case."""

from dataclasses import dataclass
from typing import Final

INSTALLATION: Final = "installation"
"""Stands in the place of a tenant where something concerns the installation as a whole, or no tenant is known."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from, for the audit log. Nothing may be allowed or refused for what stands here."""

    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    credential_id: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """A tenant, a caller and what the caller may do. It is made from a credential and from nothing else.

    `collection_ids` narrows it to some collections of the tenant; None means every one. Objects of other collections
    are not found, like another tenant's. `origin` is None for whoever acts without a request: a worker, a sweep.
    """

    tenant_id: str
    caller_id: str
    permissions: frozenset[str]
    collection_ids: frozenset[str] | None = None
    origin: Origin | None = None

    def may_see(self, collection_id: str | None) -> bool:
        """Whether objects of a collection of the tenant exist for the caller; None stands for none or all of them."""
        return self.collection_ids is None or collection_id in self.collection_ids
