"""The embedding model of a collection over HTTP."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from tests.features.ingestion.steps import end_of

from ragstone.entry.http.app import API_PREFIX, create_app
from ragstone.entry.worker.supervise import background
from ragstone.features.accounts.first_start import ensure_first_administrator
from ragstone.features.jobs.job import JobStatus
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

KEY = "rs_" + "k" * 40


@pytest.fixture
async def api(runtime: Runtime, tenant: Scope) -> AsyncIterator[httpx2.AsyncClient]:
    """The administrator of the tenant, calling the application without a network."""
    assert tenant.tenant_id
    await ensure_first_administrator(runtime.db, runtime.clock, runtime.pepper, KEY)
    transport = httpx2.ASGITransport(create_app(runtime))
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://test{API_PREFIX}", headers=headers) as client:
        yield client


async def test_a_collection_is_made_under_one_model_and_moved_to_another(
    api: httpx2.AsyncClient, runtime: Runtime, tenant: Scope
) -> None:
    refused = await api.post("/collections", json={"name": "c", "embedding_model": "huge"})
    assert (refused.status_code, refused.json()["code"]) == (422, "embedding_model_unknown")
    made = (await api.post("/collections", json={"name": "c", "embedding_model": "large"})).json()
    assert (made["embedding_model"], made["next_model"], made["previous_model"]) == ("large", None, None)
    place = f"/collections/{made['id']}/embedding"
    body = {"documents": [{"text": "the winch is oiled."}, {"text": "the lamp is lit."}], "collection_id": made["id"]}
    async with background(runtime, alone=True):
        job = (await api.post("/ingest", json=body)).json()["job"]
        assert await end_of(runtime, tenant, job["id"]) is JobStatus.SUCCEEDED
        told = (await api.post(f"{place}/estimate", json={"embedding_model": "small"})).json()
        assert (told["documents"], told["chunks"], told["passages_to_embed"]) == (2, 2, 2)
        assert (await api.post(f"{place}/rollback")).json()["code"] == "no_previous_model"
        for action, embedding_model, previous_model in (
            ("", "small", "large"),
            ("/rollback", "large", "small"),
            ("/drop-previous", "large", None),
        ):
            answer = await api.post(f"{place}{action}", json=None if action else {"embedding_model": "small"})
            assert answer.status_code == 202
            assert await end_of(runtime, tenant, answer.json()["id"]) is JobStatus.SUCCEEDED
            now = (await api.get(f"/collections/{made['id']}")).json()
            assert (now["embedding_model"], now["previous_model"]) == (embedding_model, previous_model)
    recorded = (await api.get("/admin/audit", params={"object": made["id"]})).json()["items"]
    actions = [
        "drop_previous_model",
        "roll_back_collection",
        "move_collection",
        "ingest_documents",
        "create_collection",
    ]
    assert [item["action"] for item in recorded] == actions
    used = (await api.get("/embeddings/usage")).json()["items"]
    assert {item["model"]: (item["texts"], item["cached"]) for item in used} == {"large": (2, 0), "small": (2, 0)}
