"""Tenants on the wire, for the administrator of the platform."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ragstone.features.accounts.invitations.schemas import Address, InvitationSent
from ragstone.features.accounts.keys.schemas import ApiKeyWithSecret
from ragstone.features.jobs.schemas import JobView
from ragstone.features.operations.tenants.create import TenantDraft
from ragstone.features.operations.tenants.tenant import NewTenant, TenantRecord, TenantStatus

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class TenantCreate(BaseModel):
    """A new tenant."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    owner_email: Address | None = Field(None, description="Who is invited as its owner.")
    with_api_key: bool = Field(default=False, description="Whether to make an owner's API key of it.")

    def value(self) -> TenantDraft:
        """As the use case takes it."""
        return TenantDraft(self.name, self.owner_email, self.with_api_key)


class TenantRecordView(BaseModel):
    """A tenant of the installation."""

    id: str
    name: str
    status: TenantStatus
    created_at: datetime
    suspended_at: datetime | None

    @classmethod
    def of(cls, tenant: TenantRecord) -> "TenantRecordView":
        """As the platform's administrator sees it."""
        return cls.model_validate(tenant, from_attributes=True)


class TenantMade(TenantRecordView):
    """A new tenant, and the ways into it; their secrets are shown this once."""

    invitation: InvitationSent | None
    api_key: ApiKeyWithSecret | None

    @classmethod
    def with_secrets(cls, made: NewTenant) -> "TenantMade":
        """For whoever made it."""
        return cls(
            **TenantRecordView.of(made.tenant).model_dump(),
            invitation=InvitationSent.with_token(made.invitation) if made.invitation else None,
            api_key=ApiKeyWithSecret.with_secret(made.key) if made.key else None,
        )


class TenantPage(BaseModel):
    """Some tenants, oldest first."""

    items: list[TenantRecordView]
    next_cursor: str | None


class TenantErasure(BaseModel):
    """The job that removes a tenant."""

    job: JobView
