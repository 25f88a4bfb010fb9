"""A session: one place where a member of a tenant is signed in, and the tokens that keep it alive."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Session:
    """Over when it expires or is revoked; a session that is gone altogether was of a membership that ended."""

    id: str
    tenant_id: str
    user_id: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    address: str | None
    user_agent: str | None

    def is_live(self, now: datetime) -> bool:
        """Whether it still counts."""
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """One link of the chain that a session's refresh tokens make. `parent_hash` is the one it was given for."""

    token_hash: str
    session_id: str
    parent_hash: str | None
    created_at: datetime
    used_at: datetime | None = None
    is_barred: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody with a live session is at a moment, and when the session expires; whether the tenant is open."""

    tenant_id: str
    user_id: str
    role: str
    is_platform_admin: bool
    expires_at: datetime
    suspended_at: datetime | None = None
    deleted_at: datetime | None = None
