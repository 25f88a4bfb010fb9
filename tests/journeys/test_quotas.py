"""Quotas as tenants and administrators meet them."""

import contextlib
import sqlite3

from tests.journeys.api import Api
from tests.journeys.conftest import StartServer

WITHOUT_MODEL = {"RAGSTONE_EMBEDDING__PROVIDER": "none"}


def test_a_tenant_sees_what_it_has_used(api: Api) -> None:
    before = api.ok("GET", "/tenant/usage")
    collection_id = api.collection("quotas seen")
    api.ingest(collection_id, {"text": "The quay is lit at night."}, {"text": "The lamp is oiled in March."})
    after = api.ok("GET", "/tenant/usage")
    assert after["documents"] == {"used": before["documents"]["used"] + 2} | {
        "reserved": 0,
        "limit": None,
        "is_default": True,
    }
    assert after["bytes"]["used"] - before["bytes"]["used"] == 52
    assert after["requests"]["used"] > before["requests"]["used"]
    assert after["tokens"]["used"] > before["tokens"]["used"]
    assert after["resets_at"].startswith(after["month"][:2])
    api.ok("DELETE", f"/collections/{collection_id}")


def test_quotas_are_kept_and_set_by_a_platform_administrator(start_server: StartServer) -> None:
    tight = {"RAGSTONE_QUOTAS__DOCUMENTS": "2", "RAGSTONE_QUOTAS__COST_PER_MONTH": "1.5"}
    server = start_server(WITHOUT_MODEL | tight)
    with Api(server.wait_until_ready()) as api:
        collection_id = api.collection("tight")
        receipt = api.ingest(collection_id, {"text": "one"}, {"text": "two"})
        body = {"collection_id": collection_id, "text": "three"}
        problem = api.problem(429, "quota_exceeded", "POST", "/ingest", json=body)
        assert "documents" in problem["detail"]
        upload = f"/collections/{collection_id}/documents"
        api.problem(429, "quota_exceeded", "POST", upload, files=[("files", ("a.txt", b"x"))])
        api.ok("DELETE", f"/documents/{receipt['documents'][0]['id']}")
        api.ingest(collection_id, {"text": "three"})
        assert api.ok("GET", "/tenant/usage")["documents"]["used"] == 2
        with contextlib.closing(sqlite3.connect(server.data_dir / "ragstone.sqlite")) as connection:
            (tenant_id,) = connection.execute("SELECT id FROM tenants").fetchone()
        path = f"/admin/tenants/{tenant_id}/quotas"
        changed = api.ok("PUT", path, json={"documents": 3, "cost": None, "requests": 1})
        assert (changed["documents"]["limit"], changed["documents"]["is_default"]) == (3, False)
        assert (changed["cost"]["limit"], changed["cost"]["is_default"]) == (None, False)
        assert changed["bytes"]["is_default"]
        api.ingest(collection_id, {"text": "four"})
        api.problem(429, "quota_exceeded", "POST", "/ingest", json=body)
        changed = api.ok("PUT", path, json={})
        assert (changed["documents"]["limit"], changed["cost"]["limit"]) == (2, 1.5)
        assert api.ok("GET", path)["documents"]["used"] == 3
        api.problem(404, "tenant_not_found", "GET", "/admin/tenants/ten_nowhere/quotas")
        api.problem(422, "validation_failed", "PUT", path, json={"documents": -1})
