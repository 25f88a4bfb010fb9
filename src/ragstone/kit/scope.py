"""Who is asking, and within which tenant. The first argument of every use case."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """A tenant, a caller and what the caller may do. It is made from a credential and from nothing else.

    `collection_ids` narrows it to some collections of the tenant; None means every one. Objects of other collections
    are not found, like another tenant's.
    """

    tenant_id: str
    caller_id: str
    permissions: frozenset[str]
    collection_ids: frozenset[str] | None = None

    def may_see(self, collection_id: str) -> bool:
        """Whether objects of a collection of the tenant exist for the caller."""
        return self.collection_ids is None or collection_id in self.collection_ids
