"""Health over HTTP."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from ragstone import __version__
from ragstone.features.accounts.routes import Ports
from ragstone.features.operations.health import check_health, is_ready

router = APIRouter(tags=["operations"])


class Health(BaseModel):
    """The process is up."""

    status: str
    version: str


class Part(BaseModel):
    """One part of the server."""

    status: str = Field(description="`ok`, `off` (not configured; the server does without) or `down`.")
    detail: str


class Readiness(BaseModel):
    """Whether the server can do its work, part by part."""

    status: str
    version: str
    parts: dict[str, Part]


@router.get("/health")
async def health() -> Health:
    """The process is up; nothing else is touched."""
    return Health(status="ok", version=__version__)


@router.get("/health/ready", responses={503: {"model": Readiness, "description": "A needed part is down."}})
async def ready(ports: Ports, response: Response) -> Readiness:
    """Every part is looked at; 503 if one is down that the server cannot do without."""
    parts = await check_health(ports)
    ok = is_ready(parts)
    response.status_code = 200 if ok else 503
    return Readiness(
        status="ok" if ok else "unavailable",
        version=__version__,
        parts={name: Part(status=part.status, detail=part.detail) for name, part in parts.items()},
    )
