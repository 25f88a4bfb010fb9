"""Registering: a new user, who becomes a member of a tenant and is signed in."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.deeds import Deed, note
from ragstone.db.dialect import hold_lock
from ragstone.features.accounts import user_store
from ragstone.features.accounts.identity import Identity
from ragstone.features.accounts.invitations.accept import enter_tenant, find_invitation, guest_scope
from ragstone.features.accounts.permissions import Role
from ragstone.features.accounts.sign_in.grant import Welcome, grant, open_session, tenant_name
from ragstone.features.accounts.sign_in.password_rules import check_password
from ragstone.features.accounts.user import EmailTaken, Membership, User, normal_email
from ragstone.kit.ids import new_id
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Origin, Scope
from ragstone.ports.runtime import Runtime

_FIRST = "first_user"


class RegistrationClosed(Problem):
    """Nobody may register by themselves here, or nobody any more."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN
    code: ClassVar[str] = "registration_closed"


@dataclass(frozen=True, slots=True)
class Registration:
    """What a new user says about themselves."""

    email: str
    password: str = field(repr=False)
    name: str = ""
    tenant_name: str = ""
    invitation: str | None = field(default=None, repr=False)


async def register(runtime: Runtime, identity: Identity, registration: Registration, visitor: Origin) -> Welcome:
    """Make a user and sign them in; who is invited may register whatever the mode, and enters the tenant that did.

    Raises `RegistrationClosed`, `EmailTaken`, `PasswordWeak`, `PasswordsBusy`, `InvitationInvalid`,
    `InvitationOfAnother`.
    """
    email, now = normal_email(registration.email), runtime.clock.now()
    check_password(runtime.settings.auth, registration.password, email)
    invited = None
    if registration.invitation is not None:
        invited = await find_invitation(runtime.db, runtime.pepper, registration.invitation, email, now)
    # Nobody waits for a hash who would be turned away after it.
    async with runtime.db.read_across_tenants() as connection:
        if invited is None:
            await _check_open(connection, runtime)
        if await user_store.find_user_by_email(connection, email) is not None:
            raise EmailTaken(email=email)
    hashed = await identity.passwords.hash(registration.password)
    async with runtime.db.transaction_across_tenants() as connection:
        await hold_lock(connection, _FIRST, shared=False)
        if invited is None:
            user, membership = await _enter_by_oneself(connection, runtime, registration, hashed, now)
        else:
            user = new_user(email, registration.name, hashed, now)
            await user_store.insert_user(connection, user)
            there = guest_scope(invited, user.id, visitor)
            membership = await enter_tenant(connection, there, invited, user, now)
        opened = await open_session(connection, runtime, membership, visitor, now)
        scope = Scope(membership.tenant_id, user.id, frozenset(), origin=visitor)
        await note(connection, scope, Deed("register_user", (user.id, opened.session.id)), now)
        named = await tenant_name(connection, membership)
    return Welcome(user, membership, named, await grant(identity, opened.session, opened.refresh_token))


async def _enter_by_oneself(
    connection: AsyncConnection, runtime: Runtime, registration: Registration, hashed: str, now: datetime
) -> tuple[User, Membership]:
    """A user who comes by themselves: the first owns the first tenant, others one of their own."""
    await _check_open(connection, runtime)
    is_first = runtime.settings.auth.registration == "first"
    email = normal_email(registration.email)
    user = new_user(email, registration.name, hashed, now, is_platform_admin=is_first)
    await user_store.insert_user(connection, user)
    first = await user_store.find_first_tenant(connection) if is_first else None
    tenant_id = first or await _new_tenant(connection, registration.tenant_name or user.name, now)
    membership = Membership(tenant_id, user.id, Role.OWNER, now)
    await user_store.insert_membership(connection, membership)
    return user, membership


def new_user(
    email: str, name: str, password_hash: str | None, now: datetime, *, is_platform_admin: bool = False
) -> User:
    """A user as registration makes one. Without a name the address gives it."""
    return User(
        id=new_id("usr"),
        email=email,
        name=name or email.partition("@")[0],
        is_platform_admin=is_platform_admin,
        created_at=now,
        disabled_at=None,
        password_changed_at=now if password_hash else None,
        totp_confirmed_at=None,
        password_hash=password_hash,
        totp_sealed=None,
    )


async def _new_tenant(connection: AsyncConnection, name: str, now: datetime) -> str:
    tenant_id = new_id("ten")
    await user_store.insert_tenant(connection, tenant_id, name[:200], now)
    return tenant_id


async def _check_open(connection: AsyncConnection, runtime: Runtime) -> None:
    mode = runtime.settings.auth.registration
    if mode == "closed" or (mode == "first" and await user_store.is_anyone_there(connection)):
        raise RegistrationClosed
