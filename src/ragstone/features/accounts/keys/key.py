"""What is known of an API key, and what can be wrong with a wish about one."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from ragstone.kit.problem import Kind, Problem


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret. `user_id` is the member it belongs to, with whom it goes; None: to the tenant."""

    id: str
    tenant_id: str
    name: str
    prefix: str | None
    permissions: frozenset[str]
    collection_ids: frozenset[str] | None
    user_id: str | None
    created_by: str | None
    is_bootstrap: bool
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    former_until: datetime | None


@dataclass(frozen=True, slots=True)
class ApiKeyDraft:
    """What a new key is to be."""

    name: str
    permissions: frozenset[str]
    collection_ids: frozenset[str] | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyWithSecret:
    """A key at the one moment its secret is known."""

    key: ApiKey
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Maker:
    """Who stands behind a caller: the member, if there is one, and when the caller's own credential ends."""

    user_id: str | None
    expires_at: datetime | None = None


class ApiKeyNotFound(Problem):
    """No such key among those the caller may see."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "api_key_not_found"


class ApiKeyFixed(Problem):
    """The first administrator's key is changed by the settings, not through the API."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "api_key_fixed"


class ApiKeyOfAnother(Problem):
    """A member's key is handed out to that member alone."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN
    code: ClassVar[str] = "api_key_of_another"


class ApiKeyExpiryInvalid(Problem):
    """A key would end in the past, or later than the key it is made with."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "api_key_expiry_invalid"
