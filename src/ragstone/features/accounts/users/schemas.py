"""The users of the installation on the wire."""

from pydantic import BaseModel, ConfigDict, Field

from ragstone.features.accounts.permissions import Role
from ragstone.features.accounts.sign_in.schemas import DisplayName, Email, UserView


class UserCreate(BaseModel):
    """Somebody who is to become a member of the caller's tenant."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    name: DisplayName = ""
    role: Role = Role.VIEWER
    is_platform_admin: bool = False


class ResetAsked(BaseModel):
    """What else is to go with the password."""

    model_config = ConfigDict(extra="forbid")

    without_second_factor: bool = Field(default=False, description="For somebody who has lost it.")


class HandedView(BaseModel):
    """A user, and what gives them a password: `POST /auth/password/reset`. It is shown this once."""

    user: UserView
    reset_token: str
    reset_url: str | None = Field(description="The same as a link, where the setting `mail.reset_url` says how.")


class UserPage(BaseModel):
    """Some users, oldest first."""

    items: list[UserView]
    next_cursor: str | None


class RotationAsked(BaseModel):
    """Whether tokens that were signed so far still count."""

    model_config = ConfigDict(extra="forbid")

    believe_old: bool = Field(
        default=True, description="False refuses every access token of today at once; refresh tokens get new ones."
    )


class RotationView(BaseModel):
    """The key that signs from now on."""

    key_id: str
