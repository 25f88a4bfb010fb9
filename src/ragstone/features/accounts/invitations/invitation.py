"""An invitation, and what can be wrong with one."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from ragstone.features.accounts.permissions import Role
from ragstone.kit.problem import Kind, Problem


@dataclass(frozen=True, slots=True)
class Invitation:
    """Open until it is accepted, taken back or over. Whoever accepts it has to have its address."""

    id: str
    tenant_id: str
    email: str
    role: Role
    created_by: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class InvitationWithToken:
    """An invitation at the one moment its token is known."""

    invitation: Invitation
    token: str = field(repr=False)


class InvitationNotFound(Problem):
    """The tenant has no such open invitation."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "invitation_not_found"


class InvitationInvalid(Problem):
    """The token opens no invitation, or none any more."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN
    code: ClassVar[str] = "invitation_invalid"


class InvitationOfAnother(Problem):
    """The invitation is for another address than the user's, or no user is asking."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN
    code: ClassVar[str] = "invitation_of_another"


class AlreadyMember(Problem):
    """Whoever is invited is a member."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "already_member"
