"""A member of a tenant, the tenant itself, and what cannot be done with them."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from ragstone.features.accounts.permissions import Role
from ragstone.kit.problem import Kind, Problem


@dataclass(frozen=True, slots=True)
class Member:
    """A user and what they are in the tenant."""

    user_id: str
    email: str
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tenant:
    """Who owns collections and documents: an organisation, a team, a person."""

    id: str
    name: str
    created_at: datetime


class MemberNotFound(Problem):
    """The tenant has no such member."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "member_not_found"


class LastOwner(Problem):
    """A tenant that has owners keeps at least one."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "last_owner"
