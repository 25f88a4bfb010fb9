"""Embedding models of collections over HTTP, and what embedding has cost."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request

from ragstone.features.accounts.permissions import Permission, require, require_every_collection
from ragstone.features.accounts.routes import Caller, Ports
from ragstone.features.documents import usage_store
from ragstone.features.ingestion.generations import begin
from ragstone.features.ingestion.generations import estimate as estimate_case
from ragstone.features.ingestion.generations.schemas import EstimateView, ModelChoice, UsagePage, UsageView
from ragstone.features.jobs.schemas import JobView

router = APIRouter(tags=["embeddings"])


@router.post("/collections/{collection_id}/embedding/estimate")
async def estimate_move(ports: Ports, caller: Caller, collection_id: str, body: ModelChoice) -> EstimateView:
    """What moving a collection to another embedding model would take. Changes nothing."""
    return EstimateView.of(await estimate_case.estimate(ports, caller, collection_id, body.embedding_model))


@router.post("/collections/{collection_id}/embedding", status_code=202)
async def move_collection(
    ports: Ports, caller: Caller, request: Request, collection_id: str, body: ModelChoice
) -> JobView:
    """Move a collection to another embedding model by a job, from stored text, while it is searched and written.

    Until the job switches, searches use the present model. What there is of it is kept, to go back to.
    """
    return JobView.of(await begin.move(ports, caller, collection_id, body.embedding_model), request.state.locale)


@router.post("/collections/{collection_id}/embedding/rollback", status_code=202)
async def roll_back_collection(ports: Ports, caller: Caller, request: Request, collection_id: str) -> JobView:
    """Move a collection back to the embedding model it had before. Only what came in since is embedded."""
    return JobView.of(await begin.roll_back(ports, caller, collection_id), request.state.locale)


@router.post("/collections/{collection_id}/embedding/drop-previous", status_code=202)
async def drop_previous_model(ports: Ports, caller: Caller, request: Request, collection_id: str) -> JobView:
    """Remove what is kept of the embedding model a collection had before, by a job. There is no going back then."""
    return JobView.of(await begin.drop_previous(ports, caller, collection_id), request.state.locale)


@router.get("/embeddings/usage")
async def list_usage(ports: Ports, caller: Caller, days: Annotated[int, Query(ge=1, le=366)] = 30) -> UsagePage:
    """What embedding has cost, by day and model: passages, those known already, tokens and seconds."""
    require(caller, Permission.READ)
    require_every_collection(caller)
    since = (ports.clock.now() - timedelta(days=days - 1)).date()
    async with ports.db.read(caller) as connection:
        found = await usage_store.list_usage(connection, caller, since)
    return UsagePage(items=[UsageView.of(item) for item in found])
