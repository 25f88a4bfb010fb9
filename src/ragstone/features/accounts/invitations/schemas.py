"""Invitations on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from ragstone.features.accounts.invitations.invitation import Invitation, InvitationWithToken
from ragstone.features.accounts.permissions import Role
from ragstone.features.accounts.user import EMAIL_PATTERN, MAX_EMAIL, Membership

Address = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=3, max_length=MAX_EMAIL, pattern=EMAIL_PATTERN)
]


class InvitationCreate(BaseModel):
    """Whom to invite, and as what."""

    model_config = ConfigDict(extra="forbid")

    email: Address
    role: Role = Role.VIEWER
    lifetime_days: int = Field(7, ge=1, le=90, description="How long it may be accepted.")


class InvitationToken(BaseModel):
    """The token of an invitation."""

    model_config = ConfigDict(extra="forbid")

    token: SecretStr = Field(min_length=1, max_length=200)


class InvitationView(BaseModel):
    """An open invitation."""

    id: str
    email: str
    role: Role
    created_by: str
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, invitation: Invitation) -> "InvitationView":
        """As administrators see it."""
        return cls.model_validate(invitation, from_attributes=True)


class InvitationSent(InvitationView):
    """An invitation at the one moment its token is shown."""

    token: str = Field(description="For `POST /auth/register` or `POST /tenant/invitations/accept`; shown this once.")

    @classmethod
    def with_token(cls, made: InvitationWithToken) -> "InvitationSent":
        """An invitation for whoever hands it over."""
        return cls(**InvitationView.of(made.invitation).model_dump(), token=made.token)


class InvitationPage(BaseModel):
    """Some invitations, oldest first."""

    items: list[InvitationView]
    next_cursor: str | None


class Entered(BaseModel):
    """What somebody is who has accepted an invitation. `POST /auth/switch` takes the id to go there."""

    id: str
    role: Role

    @classmethod
    def of(cls, membership: Membership) -> "Entered":
        """A new membership."""
        return cls(id=membership.tenant_id, role=membership.role)
