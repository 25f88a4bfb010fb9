"""Several tenants on one installation: made, suspended, and deleted without a trace."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from tests.journeys.api import Api
from tests.journeys.server import Server


@contextlib.contextmanager
def tenant(api: Api, name: str) -> Iterator[tuple[dict[str, Any], Api]]:
    """A new tenant, and somebody in it."""
    made = api.ok("POST", "/admin/tenants", json={"name": name, "with_api_key": True})
    with Api(api.url, made["api_key"]["secret"]) as inside:
        yield made, inside


def test_a_new_tenant_is_empty_and_sees_nothing_of_others(api: Api) -> None:
    elsewhere = api.collection("elsewhere")
    with tenant(api, "empty") as (made, inside):
        assert inside.ok("GET", "/tenant") == {key: made[key] for key in ("id", "name", "created_at")}
        assert inside.ok("GET", "/documents")["items"] == []
        inside.problem(404, "collection_not_found", "GET", f"/collections/{elsewhere}")
        inside.problem(403, "permission_missing", "GET", "/admin/tenants")
        assert made["id"] in {item["id"] for item in api.pages("/admin/tenants")}


def test_a_suspended_tenant_waits_and_goes_on_where_it_was(api: Api) -> None:
    with tenant(api, "suspended") as (made, inside):
        inside.collection("kept")
        assert api.ok("POST", f"/admin/tenants/{made['id']}/suspend")["status"] == "suspended"
        inside.problem(403, "tenant_suspended", "GET", "/collections")
        assert api.ok("POST", f"/admin/tenants/{made['id']}/resume")["status"] == "active"
        assert [item["name"] for item in inside.ok("GET", "/collections")["items"]] == ["kept"]


def test_a_deleted_tenant_leaves_no_trace(api: Api, server: Server) -> None:
    with tenant(api, "deleted") as (made, inside):
        receipt = inside.upload(inside.collection("c"), ("lens.txt", b"The lens is polished every morning."))
        inside.finished(receipt["job"])
        assert inside.found("When is the lens polished?") == ["lens.txt"]
        blobs = server.data_dir / "blobs" / made["id"]
        assert any(blobs.rglob("*"))
        job = api.finished(api.ok("DELETE", f"/admin/tenants/{made['id']}")["job"])
        assert job["status"] == "succeeded", job
        inside.problem(401, "credential_invalid", "GET", "/collections")
        api.problem(404, "tenant_not_found", "GET", f"/admin/tenants/{made['id']}")
        assert not [path for path in blobs.rglob("*") if path.is_file()]
        assert not [path for path in (server.data_dir / "index").rglob(f"*{made['id']}*") if path.is_file()]


def test_the_tenant_that_is_needed_to_administer_stays(api: Api) -> None:
    own = api.ok("GET", "/tenant")["id"]
    api.problem(409, "tenant_in_use", "DELETE", f"/admin/tenants/{own}")
    api.problem(409, "tenant_in_use", "POST", f"/admin/tenants/{own}/suspend")


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("POST", "/suspend"), ("POST", "/resume")])
def test_a_tenant_that_is_not_there_is_a_problem(api: Api, method: str, path: str) -> None:
    api.problem(404, "tenant_not_found", method, f"/admin/tenants/ten_nowhere{path}")


def test_a_tenant_renames_itself(api: Api) -> None:
    with tenant(api, "before") as (_, inside):
        assert inside.ok("PATCH", "/tenant", json={"name": "after"})["name"] == "after"
