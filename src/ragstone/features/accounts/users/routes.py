"""The users and signing keys of the installation over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.accounts.routes import Caller, Identified, Ports
from ragstone.features.accounts.sign_in.reset_password import link_of
from ragstone.features.accounts.sign_in.schemas import UserView
from ragstone.features.accounts.user import MAX_EMAIL
from ragstone.features.accounts.users import administer
from ragstone.features.accounts.users.schemas import (
    HandedView,
    ResetAsked,
    RotationAsked,
    RotationView,
    UserCreate,
    UserPage,
)
from ragstone.ports.runtime import Runtime

router = APIRouter(prefix="/admin", tags=["administration"])


@router.get("/users")
async def list_users(
    ports: Ports,
    caller: Caller,
    email: Annotated[str | None, Query(max_length=MAX_EMAIL, description="Only the user with this address.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: str | None = None,
) -> UserPage:
    """Users of the installation, oldest first."""
    page = await administer.list_users(ports.db, caller, email=email, cursor=cursor, limit=limit)
    return UserPage(items=[UserView.of(item) for item in page.items], next_cursor=page.next_cursor)


@router.post("/users", status_code=201)
async def create_user(ports: Ports, caller: Caller, body: UserCreate) -> HandedView:
    """Make a user without a password, as a member of the caller's tenant, and a token that gives them one."""
    draft = administer.NewUser(body.email, body.name, body.role, body.is_platform_admin)
    return _handed(ports, await administer.create_user(ports, caller, draft))


@router.post("/users/{user_id}/reset-password")
async def hand_reset(ports: Ports, caller: Caller, user_id: str, body: ResetAsked | None = None) -> HandedView:
    """Make a token that gives a user a new password. The password of today works until it is used."""
    gone = body is not None and body.without_second_factor
    return _handed(ports, await administer.hand_reset(ports, caller, user_id, without_second_factor=gone))


@router.post("/users/{user_id}/disable")
async def disable_user(ports: Ports, caller: Caller, user_id: str) -> UserView:
    """Keep a user out: sessions end, and signing in fails, from now on."""
    return UserView.of(await administer.set_disabled(ports, caller, user_id, is_disabled=True))


@router.post("/users/{user_id}/enable")
async def enable_user(ports: Ports, caller: Caller, user_id: str) -> UserView:
    """Let a user sign in again."""
    return UserView.of(await administer.set_disabled(ports, caller, user_id, is_disabled=False))


@router.post("/signing-keys/rotate")
async def rotate_signing_keys(caller: Caller, identity: Identified, body: RotationAsked | None = None) -> RotationView:
    """Sign access tokens with a new key from now on."""
    require(caller, Permission.PLATFORM)
    return RotationView(key_id=await identity.tokens.rotate(caller, believe_old=body is None or body.believe_old))


def _handed(ports: Runtime, handed: administer.Handed) -> HandedView:
    return HandedView(
        user=UserView.of(handed.user),
        reset_token=handed.reset_token,
        reset_url=link_of(ports.settings.mail, handed.reset_token),
    )
