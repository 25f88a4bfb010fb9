"""A tenant as the administrator of the platform sees it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from ragstone.features.accounts.invitations.invitation import InvitationWithToken
from ragstone.features.accounts.keys.key import KeyWithSecret
from ragstone.kit.problem import Kind, Problem


class TenantStatus(StrEnum):
    """Whether anybody works in it."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETING = "deleting"


@dataclass(frozen=True, slots=True)
class TenantRecord:
    """As the store has it."""

    id: str
    name: str
    created_at: datetime
    suspended_at: datetime | None = None
    deleted_at: datetime | None = None

    @property
    def status(self) -> TenantStatus:
        """Whether anybody works in it."""
        if self.deleted_at is not None:
            return TenantStatus.DELETING
        return TenantStatus.ACTIVE if self.suspended_at is None else TenantStatus.SUSPENDED


@dataclass(frozen=True, slots=True)
class NewTenant:
    """A tenant, and the ways into it, with their secrets, at the one moment these are known."""

    tenant: TenantRecord
    invitation: InvitationWithToken | None = field(default=None)
    key: KeyWithSecret | None = field(default=None)


class TenantNotFound(Problem):
    """The installation has no such tenant."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "tenant_not_found"


class TenantInUse(Problem):
    """Whoever asks, or the first administrator's key, belongs to the tenant and would be locked out."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "tenant_in_use"
