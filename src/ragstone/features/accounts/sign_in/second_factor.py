"""A second factor: codes that change every thirty seconds (TOTP, RFC 6238), and recovery codes for a lost phone."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

import pyotp
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.deeds import Deed, note
from ragstone.features.accounts import session_store, user_store
from ragstone.features.accounts.access_tokens import SECOND_FACTOR, TokenRefused
from ragstone.features.accounts.identity import Identity
from ragstone.features.accounts.one_time_store import Purpose, delete_one_time, insert_one_time, take_one_time
from ragstone.features.accounts.sign_in.change_password import confirm_password, get_user
from ragstone.features.accounts.sign_in.grant import Welcome
from ragstone.features.accounts.sign_in.login import enter, note_attempt
from ragstone.features.accounts.user import User
from ragstone.kit.pepper import Pepper
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Origin, Scope
from ragstone.kit.seal import seal, unseal
from ragstone.ports.runtime import Runtime

_PURPOSE: Final = "totp"
_STEP_S: Final = 30
_RECOVERY_CODES: Final = 10
_RECOVERY_BYTES: Final = 10


class CodeWrong(Problem):
    """The code is not the one of now, was used before, or is none of the recovery codes that are left."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "code_wrong"


class ChallengeInvalid(Problem):
    """The token of the first step has expired, or was never one."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED
    code: ClassVar[str] = "challenge_invalid"


class SecondFactorSet(Problem):
    """The user has a second factor already."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "second_factor_set"


class SecondFactorMissing(Problem):
    """The user has no second factor, or has not begun to set one up."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "second_factor_missing"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What goes into an authenticator app: the secret, and the same as a URI for a QR code."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


async def enrol(runtime: Runtime, identity: Identity, scope: Scope, password: str) -> Enrolment:
    """Begin to set up a second factor; it counts once a code has confirmed it.

    Raises `PasswordWrong`, `SecondFactorSet`.
    """
    user = await confirm_password(runtime, identity, scope, password)
    if user.totp_confirmed_at is not None:
        raise SecondFactorSet
    secret = pyotp.random_base32()
    sealed = seal(runtime.pepper, _PURPOSE, user.id, secret)
    async with runtime.db.transaction_across_tenants() as connection:
        await user_store.update_user(connection, user.id, totp_sealed=sealed, totp_step=None)
        await note(connection, scope, Deed("begin_second_factor", (user.id,)), runtime.clock.now())
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=identity.tokens.rules.issuer)
    return Enrolment(secret, uri)


async def confirm(runtime: Runtime, scope: Scope, session_id: str, code: str) -> Sequence[str]:
    """The second factor counts from now on, and other sessions end; recovery codes, to be shown once.

    Raises `SecondFactorMissing`, `SecondFactorSet`, `CodeWrong`, `SignInDelayed`.
    """
    user = await get_user(runtime, scope)
    if user.totp_sealed is None:
        raise SecondFactorMissing
    if user.totp_confirmed_at is not None:
        raise SecondFactorSet
    await note_attempt(runtime, _account(user), scope.origin or Origin(), user)
    codes, now = [_recovery_code() for _ in range(_RECOVERY_CODES)], runtime.clock.now()
    async with runtime.db.transaction_across_tenants() as connection:
        await _take_totp(connection, runtime.pepper, user.id, code, now)
        await user_store.update_user(connection, user.id, totp_confirmed_at=now)
        hashes = [runtime.pepper.digest(_plain(item)) for item in codes]
        await insert_one_time(connection, user.id, Purpose.RECOVERY, hashes, now)
        await session_store.revoke_sessions(connection, user.id, now, but=session_id)
        await note(connection, scope, Deed("confirm_second_factor", (user.id,)), now)
    return codes


async def disable(runtime: Runtime, identity: Identity, scope: Scope, password: str, code: str) -> None:
    """Do without a second factor again. Raises `PasswordWrong`, `SecondFactorMissing`, `CodeWrong`, `SignInDelayed`."""
    user = await confirm_password(runtime, identity, scope, password)
    if user.totp_confirmed_at is None:
        raise SecondFactorMissing
    await note_attempt(runtime, _account(user), scope.origin or Origin(), user)
    async with runtime.db.transaction_across_tenants() as connection:
        await _take(connection, runtime.pepper, user.id, code, runtime.clock.now())
        await remove(connection, user.id)
        await note(connection, scope, Deed("disable_second_factor", (user.id,)), runtime.clock.now())


async def remove(connection: AsyncConnection, user_id: str) -> None:
    """Take a user's second factor away, with the recovery codes."""
    await user_store.update_user(connection, user_id, totp_sealed=None, totp_step=None, totp_confirmed_at=None)
    await delete_one_time(connection, user_id, Purpose.RECOVERY)


async def complete(runtime: Runtime, identity: Identity, token: str, code: str, visitor: Origin) -> Welcome:
    """The second step of signing in. Raises `ChallengeInvalid`, `CodeWrong`, `SignInDelayed`."""
    try:
        claims = await identity.tokens.read(SECOND_FACTOR, token)
    except TokenRefused as error:
        raise ChallengeInvalid from error
    async with runtime.db.read_across_tenants() as connection:
        user = await user_store.find_user(connection, claims.user_id)
    if user is None or user.disabled_at is not None or user.totp_confirmed_at is None:
        raise ChallengeInvalid
    if user.password_changed_at is not None and user.password_changed_at.timestamp() > claims.made_at_s + 1:
        raise ChallengeInvalid
    attempt = await note_attempt(runtime, _account(user), visitor, user)
    async with runtime.db.transaction_across_tenants() as connection:
        await _take(connection, runtime.pepper, user.id, code, runtime.clock.now())
    return await enter(runtime, identity, user, visitor, attempt, "complete_login")


async def _take(connection: AsyncConnection, pepper: Pepper, user_id: str, code: str, now: datetime) -> None:
    """Use up a code of either sort. Raises `CodeWrong`."""
    if code.strip().isdecimal():
        await _take_totp(connection, pepper, user_id, code.strip(), now)
    elif await take_one_time(connection, Purpose.RECOVERY, pepper.digests(_plain(code)), now) != user_id:
        raise CodeWrong


async def _take_totp(connection: AsyncConnection, pepper: Pepper, user_id: str, code: str, now: datetime) -> None:
    """The code of this step, the one before, or the next, as clocks differ; none works twice. Raises `CodeWrong`."""
    sealed, last_step = await user_store.lock_totp(connection, user_id)
    secret = unseal(pepper, _PURPOSE, user_id, sealed) if sealed else None
    if secret is None:
        raise CodeWrong
    this_step = int(now.timestamp()) // _STEP_S
    totp = pyotp.TOTP(secret)
    for step in (this_step - 1, this_step, this_step + 1):
        is_right = secrets.compare_digest(totp.at(step * _STEP_S).encode(), code.strip().encode())
        if is_right and (last_step is None or step > last_step):
            await user_store.update_user(connection, user_id, totp_step=step)
            return
    raise CodeWrong


def _account(user: User) -> str:
    """What attempts at a code are counted under, apart from those at the password."""
    return f"second factor of {user.id}"


def _recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _plain(code: str) -> str:
    """A recovery code however it was typed."""
    return "".join(filter(str.isalnum, code.lower()))
