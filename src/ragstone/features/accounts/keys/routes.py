"""API keys over HTTP."""

from datetime import timedelta
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from ragstone.features.accounts.keys import make, read, rename, revoke, rotate
from ragstone.features.accounts.keys.schemas import (
    ApiKeyCreate,
    ApiKeyPage,
    ApiKeyRotation,
    ApiKeyUpdate,
    ApiKeyView,
    ApiKeyWithSecret,
)
from ragstone.features.accounts.routes import Caller, Once, Ports

router = APIRouter(prefix="/api-keys", tags=["api-keys"])

_ROTATION = ApiKeyRotation()


@router.post("", status_code=201, response_model=ApiKeyWithSecret)
async def make_api_key(ports: Ports, caller: Caller, once: Once, body: ApiKeyCreate) -> ApiKeyWithSecret | Response:
    """Make a key. Its secret is shown in this answer and never again."""
    act = partial(make.make_api_key, ports, caller, body.value())
    return await once.answer(act, ApiKeyWithSecret.with_secret, status=201, is_secret=True)


@router.get("")
async def list_api_keys(
    ports: Ports, caller: Caller, limit: Annotated[int, Query(ge=1, le=500)] = 50, cursor: str | None = None
) -> ApiKeyPage:
    """Keys, oldest first: all of the tenant for administrators, for everyone else their own."""
    page = await read.list_api_keys(ports, caller, cursor=cursor, limit=limit)
    return ApiKeyPage(items=[ApiKeyView.of(item) for item in page.items], next_cursor=page.next_cursor)


@router.get("/{key_id}")
async def get_api_key(ports: Ports, caller: Caller, key_id: str) -> ApiKeyView:
    """One key, without its secret."""
    return ApiKeyView.of(await read.get_api_key(ports, caller, key_id))


@router.patch("/{key_id}")
async def rename_api_key(ports: Ports, caller: Caller, key_id: str, body: ApiKeyUpdate) -> ApiKeyView:
    """Call a key something else."""
    return ApiKeyView.of(await rename.rename_api_key(ports, caller, key_id, body.name))


@router.post("/{key_id}/rotate", status_code=201, response_model=ApiKeyWithSecret)
async def rotate_api_key(
    ports: Ports, caller: Caller, once: Once, key_id: str, body: ApiKeyRotation = _ROTATION
) -> ApiKeyWithSecret | Response:
    """Give a key a new secret, shown in this answer and never again; the old one works for a grace time."""
    act = partial(rotate.rotate_api_key, ports, caller, key_id, timedelta(seconds=body.grace_s))
    return await once.answer(act, ApiKeyWithSecret.with_secret, status=201, is_secret=True)


@router.delete("/{key_id}", status_code=204)
async def revoke_api_key(ports: Ports, caller: Caller, key_id: str) -> None:
    """Revoke a key; its next request is refused."""
    await revoke.revoke_api_key(ports, caller, key_id)
