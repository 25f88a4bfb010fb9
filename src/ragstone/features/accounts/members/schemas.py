"""The tenant and its members on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from ragstone.features.accounts.members.member import Member, Tenant
from ragstone.features.accounts.permissions import Role

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class TenantUpdate(BaseModel):
    """What may be changed of a tenant."""

    model_config = ConfigDict(extra="forbid")

    name: Name


class OwnTenantView(BaseModel):
    """The tenant of the caller."""

    id: str
    name: str
    created_at: datetime

    @classmethod
    def of(cls, tenant: Tenant) -> "OwnTenantView":
        """As its members see it."""
        return cls.model_validate(tenant, from_attributes=True)


class MemberUpdate(BaseModel):
    """What may be changed of a member."""

    model_config = ConfigDict(extra="forbid")

    role: Role


class MemberView(BaseModel):
    """A user and what they are in the tenant."""

    user_id: str
    email: str
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None

    @classmethod
    def of(cls, member: Member) -> "MemberView":
        """As administrators see them."""
        return cls.model_validate(member, from_attributes=True)


class MemberPage(BaseModel):
    """Some members."""

    items: list[MemberView]
    next_cursor: str | None
