"""A user: one person, known by an e-mail address, who may be a member of several tenants."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from ragstone.features.accounts.permissions import Role
from ragstone.kit.problem import Kind, Problem

MAX_EMAIL: Final = 320
EMAIL_PATTERN: Final = r"^[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+$"


class EmailTaken(Problem):
    """There is a user with this e-mail address."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "email_taken"


@dataclass(frozen=True, slots=True)
class User:
    """As the store has it. What is secret does not show when it is printed."""

    id: str
    email: str
    name: str
    is_platform_admin: bool
    created_at: datetime
    disabled_at: datetime | None
    password_changed_at: datetime | None
    totp_confirmed_at: datetime | None
    password_hash: str | None = field(repr=False)
    totp_sealed: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Membership:
    """What a user is in a tenant."""

    tenant_id: str
    user_id: str
    role: Role
    created_at: datetime


def normal_email(email: str) -> str:
    """An address as it is compared and kept."""
    return email.strip().lower()
