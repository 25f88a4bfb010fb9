"""Signing in on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from ragstone.features.accounts.passwords import MAX_PASSWORD
from ragstone.features.accounts.permissions import Role
from ragstone.features.accounts.session import Session
from ragstone.features.accounts.sign_in.grant import Grant, Welcome
from ragstone.features.accounts.sign_in.login import Challenge
from ragstone.features.accounts.user import EMAIL_PATTERN, MAX_EMAIL, User

Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=MAX_EMAIL, pattern=EMAIL_PATTERN),
    Field(description="E-mail address; upper and lower case are the same.", examples=["ada@example.com"]),
]
Password = Annotated[SecretStr, Field(min_length=1, max_length=MAX_PASSWORD)]
DisplayName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


Code = Annotated[str, Field(max_length=40, description="Six digits of the app, or a recovery code.")]


class RegisterBody(BaseModel):
    """A new user."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    password: Password
    name: DisplayName = Field("", description="What others see; unset means what stands before the @.")
    invitation: SecretStr | None = Field(
        None,
        max_length=200,
        description="The token of an invitation of this address, also where nobody else may register.",
    )
    tenant_name: DisplayName = Field("", description="What the user's own tenant is called, where they get one.")


class LoginBody(BaseModel):
    """Address and password."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=MAX_EMAIL)
    password: SecretStr = Field(max_length=MAX_PASSWORD)


class TokenForm(BaseModel):
    """A grant as OAuth 2.0 writes it. `scope` and the client's own credentials are taken, and say nothing here."""

    model_config = ConfigDict(extra="forbid")

    grant_type: Literal["password", "refresh_token"] = "password"
    username: str | None = Field(None, max_length=MAX_EMAIL, description="The e-mail address.")
    password: SecretStr | None = Field(None, max_length=MAX_PASSWORD)
    refresh_token: SecretStr | None = Field(None, max_length=200)
    scope: str = ""
    client_id: str | None = None
    client_secret: SecretStr | None = None


class RefreshBody(BaseModel):
    """The refresh token that was given last."""

    model_config = ConfigDict(extra="forbid")

    refresh_token: SecretStr = Field(max_length=200)


class ChangePasswordBody(BaseModel):
    """The password of today and the one of tomorrow."""

    model_config = ConfigDict(extra="forbid")

    current_password: Password
    new_password: Password


class ForgotBody(BaseModel):
    """Whose password was forgotten."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=MAX_EMAIL)


class ResetBody(BaseModel):
    """The token of a mail, and the new password."""

    model_config = ConfigDict(extra="forbid")

    token: SecretStr = Field(max_length=200)
    new_password: Password


class SecondFactorBody(BaseModel):
    """The second step of signing in."""

    model_config = ConfigDict(extra="forbid")

    token: SecretStr = Field(max_length=4096, description="What the first step answered.")
    code: Code


class PasswordBody(BaseModel):
    """The password, given again for something that matters."""

    model_config = ConfigDict(extra="forbid")

    password: Password


class CodeBody(BaseModel):
    """A code of the authenticator app."""

    model_config = ConfigDict(extra="forbid")

    code: Code


class DisableSecondFactorBody(CodeBody, PasswordBody):
    """Both factors."""


class EnrolmentView(BaseModel):
    """What goes into an authenticator app. Nothing is asked for until a code has confirmed it."""

    secret: str
    uri: str = Field(description="The same as `otpauth://…`, for a QR code.")


class RecoveryCodes(BaseModel):
    """Codes for when the app is lost, each good once. They are shown this once."""

    recovery_codes: list[str]


class UserView(BaseModel):
    """A user."""

    id: str
    email: str
    name: str
    is_platform_admin: bool
    has_second_factor: bool
    created_at: datetime
    disabled_at: datetime | None

    @classmethod
    def of(cls, user: User) -> "UserView":
        """As the user sees it."""
        return cls(
            id=user.id,
            email=user.email,
            name=user.name,
            is_platform_admin=user.is_platform_admin,
            has_second_factor=user.totp_confirmed_at is not None,
            created_at=user.created_at,
            disabled_at=user.disabled_at,
        )


class TenantView(BaseModel):
    """A tenant."""

    id: str
    name: str


class Tokens(BaseModel):
    """An access token for `Authorization: Bearer`, and what gets the next one."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - A name of a form, and no secret.
    expires_in: int = Field(description="How long the access token counts, in seconds.")

    @classmethod
    def given(cls, grant: Grant) -> "Tokens":
        """The tokens of a grant."""
        return cls(access_token=grant.access_token, refresh_token=grant.refresh_token, expires_in=grant.expires_in)


class SignedIn(Tokens):
    """Tokens, and whose they are."""

    user: UserView
    tenant: TenantView
    role: Role

    @classmethod
    def of(cls, welcome: Welcome) -> "SignedIn":
        """Somebody who has signed in."""
        return cls(
            **Tokens.given(welcome.grant).model_dump(),
            user=UserView.of(welcome.user),
            tenant=TenantView(id=welcome.membership.tenant_id, name=welcome.tenant_name),
            role=welcome.membership.role,
        )


class SecondFactorAsked(BaseModel):
    """The password was right, and is not enough: `POST /auth/login/second-factor` takes `token` and a code."""

    token: str
    methods: list[Literal["totp", "recovery_code"]] = ["totp", "recovery_code"]
    expires_in: int = Field(description="How long the token may be used, in seconds.")


class LoginStep(BaseModel):
    """What signing in asks for next."""

    second_factor: SecondFactorAsked

    @classmethod
    def of(cls, challenge: Challenge) -> "LoginStep":
        """A second factor."""
        return cls(second_factor=SecondFactorAsked(token=challenge.token, expires_in=challenge.expires_in))


class SessionView(BaseModel):
    """A place where somebody is signed in."""

    id: str
    created_at: datetime
    last_used_at: datetime = Field(description="When its tokens were refreshed last.")
    expires_at: datetime
    address: str | None
    user_agent: str | None
    is_current: bool = Field(description="Whether this request is made in it.")

    @classmethod
    def of(cls, session: Session, current: str | None) -> "SessionView":
        """As its user sees it."""
        return cls(
            id=session.id,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            expires_at=session.expires_at,
            address=session.address,
            user_agent=session.user_agent,
            is_current=session.id == current,
        )


class SessionList(BaseModel):
    """Where somebody is signed in, newest first."""

    items: list[SessionView]
    next_cursor: None = None


class MembershipView(BaseModel):
    """What a user is in a tenant."""

    id: str
    name: str
    role: Role


class SwitchBody(BaseModel):
    """Where to go on."""

    model_config = ConfigDict(extra="forbid")

    to: str = Field(max_length=40, description="Id of one of one's `memberships`.")


class Me(BaseModel):
    """Who is asking. An API key has no user and no role."""

    id: str
    user: UserView | None
    tenant: TenantView
    role: Role | None
    permissions: list[str]
    memberships: list[MembershipView] = Field(description="Where the user may go with `POST /auth/switch`.")


class KeySet(BaseModel):
    """Public keys (RFC 7517)."""

    keys: list[dict[str, str]]
