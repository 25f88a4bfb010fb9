"""API keys on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from ragstone.features.accounts.keys.key import ApiKey, ApiKeyDraft, KeyWithSecret
from ragstone.features.accounts.permissions import Permission

_DAY_S = 24 * 3600

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
CollectionId = Annotated[str, StringConstraints(pattern=r"^col_[0-9a-z]{1,36}$")]


class ApiKeyCreate(BaseModel):
    """A new key."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="What people call it: where it is used.")
    scopes: frozenset[Permission] = Field(
        frozenset({Permission.READ}),
        min_length=1,
        description="What the key may do; each is granted by itself. Never more than the caller may.",
    )
    collection_ids: frozenset[CollectionId] | None = Field(
        None, min_length=1, max_length=1000, description="The only collections it may see; unset means all."
    )
    expires_at: AwareDatetime | None = Field(None, description="When it ends; unset means never.")

    def value(self) -> ApiKeyDraft:
        """As the use case takes it."""
        return ApiKeyDraft(self.name, frozenset(self.scopes), self.collection_ids, self.expires_at)


class ApiKeyUpdate(BaseModel):
    """What may be changed of a key."""

    model_config = ConfigDict(extra="forbid")

    name: Name


class ApiKeyRotation(BaseModel):
    """How a key gets its new secret."""

    model_config = ConfigDict(extra="forbid")

    grace_s: int = Field(
        _DAY_S, ge=0, le=30 * _DAY_S, description="How long the secret so far still works, in seconds."
    )


class ApiKeyView(BaseModel):
    """A key without its secret."""

    id: str
    name: str
    prefix: str | None = Field(description="How the secret begins; null for one that was not made here.")
    scopes: list[str]
    collection_ids: list[str] | None
    user_id: str | None = Field(description="The member it belongs to and goes with; null: it belongs to the tenant.")
    created_by: str | None
    is_bootstrap: bool = Field(description="The first administrator's key, which the settings alone change.")
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    former_until: datetime | None = Field(description="How long the secret before the last rotation works, or worked.")

    @classmethod
    def of(cls, key: ApiKey) -> "ApiKeyView":
        """A key as those who may see it do."""
        return cls(**_fields(key))


class ApiKeyWithSecret(ApiKeyView):
    """A key at the one moment its secret is shown."""

    secret: str = Field(description="The key itself, shown this once.")

    @classmethod
    def with_secret(cls, made: KeyWithSecret) -> "ApiKeyWithSecret":
        """A key for whoever asked for it."""
        return cls(**_fields(made.key), secret=made.secret)


class ApiKeyPage(BaseModel):
    """Some keys, oldest first."""

    items: list[ApiKeyView]
    next_cursor: str | None


def _fields(key: ApiKey) -> dict[str, object]:
    """The fields of a view, in an order that does not change."""
    listed = key.collection_ids
    shown = {name: getattr(key, name) for name in ApiKeyView.model_fields if name not in {"scopes", "collection_ids"}}
    return shown | {
        "scopes": sorted(key.permissions),
        "collection_ids": None if listed is None else sorted(listed),
    }
