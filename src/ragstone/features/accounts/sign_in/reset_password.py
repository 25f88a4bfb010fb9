"""A password that was forgotten: a link by mail, good once and for a while, and a new password for it.

Whoever asks gets the same answer, at once, whether there is such a user or not; the rest is done beside it.
"""

from datetime import timedelta
from typing import ClassVar, Final, Literal, TypeAlias

from ragstone.db.deeds import Deed, note
from ragstone.features.accounts import user_store
from ragstone.features.accounts.identity import Identity
from ragstone.features.accounts.one_time_store import (
    Purpose,
    find_one_time,
    insert_one_time,
    take_one_time,
    was_given_since,
)
from ragstone.features.accounts.sign_in.change_password import put_password
from ragstone.features.accounts.sign_in.password_rules import check_password
from ragstone.features.accounts.sign_in.secret import new_secret
from ragstone.features.accounts.user import User, normal_email
from ragstone.kit.i18n import message
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import INSTALLATION, Origin, Scope
from ragstone.ports.mailer import Mail
from ragstone.ports.runtime import Runtime
from ragstone.settings import MailSettings

RESET_PREFIX: Final = "pr_"
Making: TypeAlias = Literal["forgot_password", "create_user", "hand_reset"]
"""The operations that make a token."""

_PAUSE: Final = timedelta(minutes=1)


class ResetTokenInvalid(Problem):
    """The link was used, has expired, or was never one."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "reset_token_invalid"


async def send_reset(runtime: Runtime, email: str, locale: str, visitor: Origin) -> None:
    """Send a link to a user, if there is one, and not again within a minute. Raises `MailerUnavailable`."""
    now = runtime.clock.now()
    async with runtime.db.read_across_tenants() as connection:
        user = await user_store.find_user_by_email(connection, normal_email(email))
        if user is None or user.disabled_at is not None:
            return
        if await was_given_since(connection, user.id, Purpose.RESET, now - _PAUSE):
            return
    token = await make_reset(runtime, _anonymous(visitor), user, "forgot_password")
    await runtime.mailer.send(_mail(runtime, user, token, locale))


async def make_reset(runtime: Runtime, scope: Scope, user: User, action: Making) -> str:
    """A token that gives a user a new password; those made before stop working."""
    token, now = new_secret(RESET_PREFIX), runtime.clock.now()
    expires_at = now + timedelta(minutes=runtime.settings.auth.reset_minutes)
    async with runtime.db.transaction_across_tenants() as connection:
        hashes = [runtime.pepper.digest(token)]
        await insert_one_time(connection, user.id, Purpose.RESET, hashes, now, expires_at)
        await note(connection, scope, Deed(action, (user.id,)), now)
    return token


async def reset_password(runtime: Runtime, identity: Identity, token: str, password: str, visitor: Origin) -> None:
    """Give the owner of a token a new password and end all their sessions.

    Raises `ResetTokenInvalid`, `PasswordWeak`; a weak password does not use the token up.
    """
    hashes = runtime.pepper.digests(token)
    async with runtime.db.read_across_tenants() as connection:
        user_id = await find_one_time(connection, Purpose.RESET, hashes, runtime.clock.now())
        user = await user_store.find_user(connection, user_id) if user_id else None
    if user is None or user.disabled_at is not None:
        raise ResetTokenInvalid
    check_password(runtime.settings.auth, password, user.email)
    hashed = await identity.passwords.hash(password)
    async with runtime.db.transaction_across_tenants() as connection:
        if await take_one_time(connection, Purpose.RESET, hashes, runtime.clock.now()) is None:
            raise ResetTokenInvalid
        now = runtime.clock.now()
        await put_password(connection, user, hashed, now)
        await note(connection, _anonymous(visitor), Deed("reset_forgotten_password", (user.id,)), now)


def _anonymous(visitor: Origin) -> Scope:
    return Scope(INSTALLATION, "anonymous", frozenset(), origin=visitor)


def link_of(settings: MailSettings, token: str) -> str | None:
    """Where a token is used, if the settings say how links are written."""
    return settings.reset_url.replace("{token}", token) if settings.reset_url else None


def _mail(runtime: Runtime, user: User, token: str, locale: str) -> Mail:
    facts = {
        "name": user.name,
        "minutes": f"{runtime.settings.auth.reset_minutes:g}",
        "link": link_of(runtime.settings.mail, token) or token,
    }
    return Mail(user.email, message("mail.reset.subject", locale), message("mail.reset.text", locale, **facts))
