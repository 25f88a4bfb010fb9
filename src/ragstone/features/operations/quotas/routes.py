"""Usage and quotas over HTTP."""

from fastapi import APIRouter

from ragstone.features.accounts.routes import Caller, Meter, Ports
from ragstone.features.operations.quotas.change import quotas_of, set_quotas
from ragstone.features.operations.quotas.schemas import QuotasBody, UsageView
from ragstone.features.operations.quotas.usage import usage

router = APIRouter(tags=["tenants"])


@router.get("/tenant/usage")
async def get_usage(ports: Ports, caller: Caller, meter: Meter) -> UsageView:
    """What your tenant keeps and has spent this month, and how much it may."""
    await meter.give_back(caller)  # What this process has in hand is not used yet.
    return UsageView.of(await usage(ports, caller))


@router.get("/admin/tenants/{id}/quotas")
async def get_quotas(ports: Ports, caller: Caller, id: str) -> UsageView:  # noqa: A002 - It is the parameter's name.
    """What a tenant has used, and how much it may. For platform administrators."""
    return UsageView.of(await quotas_of(ports, caller, id))


@router.put("/admin/tenants/{id}/quotas")
async def put_quotas(
    ports: Ports,
    caller: Caller,
    meter: Meter,
    id: str,  # noqa: A002 - It is the parameter's name.
    body: QuotasBody,
) -> UsageView:
    """Set all limits of a tenant: what is left out gets the default, null allows any amount.

    For platform administrators. Other processes hear of a limit of requests within a minute.
    """
    changed = await set_quotas(ports, caller, id, body.limits())
    await meter.forget(id)
    return UsageView.of(changed)
