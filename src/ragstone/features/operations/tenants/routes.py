"""Tenants of the installation over HTTP."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from ragstone.features.accounts.routes import Caller, Locale, Once, Ports
from ragstone.features.jobs.schemas import JobView
from ragstone.features.operations.tenants import create, delete, read, suspend
from ragstone.features.operations.tenants.schemas import (
    TenantCreate,
    TenantErasure,
    TenantMade,
    TenantPage,
    TenantRecordView,
)

router = APIRouter(prefix="/admin/tenants", tags=["admin"])


@router.post("", status_code=201, response_model=TenantMade)
async def create_tenant(ports: Ports, caller: Caller, once: Once, body: TenantCreate) -> TenantMade | Response:
    """Make a tenant, with an invitation for its owner or an API key of it, whose secrets are shown this once."""
    act = partial(create.create_tenant, ports, caller, body.value())
    return await once.answer(act, TenantMade.with_secrets, status=201, is_secret=True)


@router.get("")
async def list_tenants(
    ports: Ports, caller: Caller, limit: Annotated[int, Query(ge=1, le=500)] = 50, cursor: str | None = None
) -> TenantPage:
    """All tenants of the installation, oldest first."""
    page = await read.list_tenants(ports.db, caller, cursor=cursor, limit=limit)
    return TenantPage(items=[TenantRecordView.of(item) for item in page.items], next_cursor=page.next_cursor)


@router.get("/{id}")
async def get_tenant_record(ports: Ports, caller: Caller, id: str) -> TenantRecordView:  # noqa: A002 - Its name in the path.
    """One tenant."""
    return TenantRecordView.of(await read.get_tenant(ports.db, caller, id))


@router.post("/{id}/suspend")
async def suspend_tenant(ports: Ports, caller: Caller, id: str) -> TenantRecordView:  # noqa: A002 - Its name in the path.
    """Refuse every request of a tenant until it is resumed."""
    return TenantRecordView.of(await suspend.suspend_tenant(ports.db, ports.clock, caller, id))


@router.post("/{id}/resume")
async def resume_tenant(ports: Ports, caller: Caller, id: str) -> TenantRecordView:  # noqa: A002 - Its name in the path.
    """Let a suspended tenant work again."""
    return TenantRecordView.of(await suspend.resume_tenant(ports.db, ports.clock, caller, id))


@router.delete("/{id}", status_code=202)
async def delete_tenant(ports: Ports, caller: Caller, locale: Locale, id: str) -> TenantErasure:  # noqa: A002 - As above.
    """Close a tenant at once and remove everything of it: documents, points, files, keys, members' accounts."""
    return TenantErasure(job=JobView.of(await delete.delete_tenant(ports, caller, id), locale))
