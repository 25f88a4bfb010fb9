"""The tenant and its members over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from ragstone.features.accounts.members import change_role, read, remove, rename_tenant
from ragstone.features.accounts.members.schemas import (
    MemberPage,
    MemberUpdate,
    MemberView,
    OwnTenantView,
    TenantUpdate,
)
from ragstone.features.accounts.routes import Caller, Ports

router = APIRouter(prefix="/tenant", tags=["members"])


@router.get("")
async def get_tenant(ports: Ports, caller: Caller) -> OwnTenantView:
    """The tenant of the caller."""
    return OwnTenantView.of(await read.get_tenant(ports.db, caller))


@router.patch("")
async def change_tenant(ports: Ports, caller: Caller, body: TenantUpdate) -> OwnTenantView:
    """Call the tenant something else."""
    return OwnTenantView.of(await rename_tenant.rename_tenant(ports.db, ports.clock, caller, body.name))


@router.get("/members")
async def list_members(
    ports: Ports, caller: Caller, limit: Annotated[int, Query(ge=1, le=500)] = 50, cursor: str | None = None
) -> MemberPage:
    """Who is what in the tenant."""
    page = await read.list_members(ports.db, caller, cursor=cursor, limit=limit)
    return MemberPage(items=[MemberView.of(item) for item in page.items], next_cursor=page.next_cursor)


@router.patch("/members/{user_id}")
async def change_member(ports: Ports, caller: Caller, user_id: str, body: MemberUpdate) -> MemberView:
    """Give a member another role, which is no more than the caller's own."""
    return MemberView.of(await change_role.change_role(ports.db, ports.clock, caller, user_id, body.role))


@router.delete("/members/{user_id}", status_code=204)
async def remove_member(ports: Ports, caller: Caller, user_id: str) -> None:
    """Remove a member, or leave. Their sessions and API keys of this tenant end with the membership."""
    await remove.remove_member(ports.db, ports.clock, caller, user_id)
