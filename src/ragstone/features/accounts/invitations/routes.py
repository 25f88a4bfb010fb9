"""Invitations over HTTP."""

from datetime import timedelta
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from ragstone.features.accounts.invitations import accept, invite, read
from ragstone.features.accounts.invitations.schemas import (
    Entered,
    InvitationCreate,
    InvitationPage,
    InvitationSent,
    InvitationToken,
    InvitationView,
)
from ragstone.features.accounts.routes import Caller, Once, Ports

router = APIRouter(prefix="/tenant/invitations", tags=["members"])


@router.post("", status_code=201, response_model=InvitationSent)
async def invite_member(ports: Ports, caller: Caller, once: Once, body: InvitationCreate) -> InvitationSent | Response:
    """Invite somebody. The token is shown in this answer and never again; hand it to them."""
    lifetime = timedelta(days=body.lifetime_days)
    act = partial(invite.invite, ports, caller, body.email, body.role, lifetime)
    return await once.answer(act, InvitationSent.with_token, status=201, is_secret=True)


@router.get("")
async def list_invitations(
    ports: Ports, caller: Caller, limit: Annotated[int, Query(ge=1, le=500)] = 50, cursor: str | None = None
) -> InvitationPage:
    """Open invitations, oldest first."""
    page = await read.list_invitations(ports.db, caller, cursor=cursor, limit=limit)
    return InvitationPage(items=[InvitationView.of(item) for item in page.items], next_cursor=page.next_cursor)


@router.delete("/{invitation_id}", status_code=204)
async def withdraw_invitation(ports: Ports, caller: Caller, invitation_id: str) -> None:
    """Take an invitation back; its token is worth nothing from now on."""
    await read.withdraw_invitation(ports.db, ports.clock, caller, invitation_id)


@router.post("/accept")
async def accept_invitation(ports: Ports, caller: Caller, body: InvitationToken) -> Entered:
    """Become a member of the tenant that has invited one's address."""
    return Entered.of(await accept.accept_invitation(ports, caller, body.token.get_secret_value()))
