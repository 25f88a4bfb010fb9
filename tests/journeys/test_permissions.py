"""Every operation asks for its permission: the one that stands here, and no route is without one."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.journeys.api import Api
from tests.journeys.sample_request import sample_request

from ragstone.entry.http.app import API_PREFIX, create_app
from ragstone.features.accounts.permissions import ALL_PERMISSIONS

DESCRIPTION = create_app().openapi()

ANYONE = "anyone"
"""No credential is asked for."""

CALLER = "caller"
"""Any credential will do: the operation concerns the caller alone."""

NEEDED = {
    "GET /health": ANYONE,
    "GET /health/ready": ANYONE,
    "POST /api-keys": "admin",
    "GET /api-keys": "read",
    "GET /api-keys/{key_id}": "read",
    "PATCH /api-keys/{key_id}": "admin",
    "DELETE /api-keys/{key_id}": "admin",
    "POST /api-keys/{key_id}/rotate": "admin",
    "POST /tenant/invitations": "admin",
    "GET /tenant/invitations": "admin",
    "DELETE /tenant/invitations/{invitation_id}": "admin",
    "POST /tenant/invitations/accept": CALLER,
    "GET /tenant": "read",
    "PATCH /tenant": "admin",
    "GET /tenant/members": "admin",
    "PATCH /tenant/members/{user_id}": "admin",
    "DELETE /tenant/members/{user_id}": "admin",
    "POST /admin/tenants": "platform",
    "GET /admin/tenants": "platform",
    "GET /admin/tenants/{id}": "platform",
    "DELETE /admin/tenants/{id}": "platform",
    "POST /admin/tenants/{id}/suspend": "platform",
    "POST /admin/tenants/{id}/resume": "platform",
    "POST /collections": "write",
    "GET /collections": "read",
    "GET /collections/{collection_id}": "read",
    "PATCH /collections/{collection_id}": "write",
    "DELETE /collections/{collection_id}": "write",
    "POST /collections/{collection_id}/embedding/estimate": "write",
    "POST /collections/{collection_id}/embedding": "write",
    "POST /collections/{collection_id}/embedding/rollback": "write",
    "POST /collections/{collection_id}/embedding/drop-previous": "write",
    "GET /embeddings/usage": "read",
    "POST /collections/{collection_id}/documents": "write",
    "PUT /documents/{document_id}/content": "write",
    "GET /documents/{document_id}/content": "read",
    "POST /ingest": "write",
    "GET /documents": "read",
    "GET /documents/{document_id}": "read",
    "PATCH /documents/{document_id}": "write",
    "DELETE /documents/{document_id}": "write",
    "POST /documents/bulk-update": "write",
    "POST /documents/bulk-delete": "write",
    "GET /documents/{document_id}/text": "read",
    "GET /documents/{document_id}/chunks": "read",
    "GET /documents/{document_id}/versions": "read",
    "POST /documents/merge": "write",
    "POST /documents/{document_id}/reindex": "write",
    "POST /collections/{collection_id}/reindex": "write",
    "POST /reindex": "write",
    "GET /jobs": "read",
    "GET /jobs/events": "read",
    "GET /jobs/{job_id}": "read",
    "GET /jobs/{job_id}/events": "read",
    "POST /jobs/{job_id}/cancel": "write",
    "POST /jobs/{job_id}/retry": "write",
    "POST /search": "read",
    "POST /answers": "read",
    "POST /citations/verify": "read",
}
"""What a program with an API key needs for each operation. A new route has to be entered here."""

GUARDED = [operation for operation, needed in NEEDED.items() if needed in ALL_PERMISSIONS]
ENDLESS = "/events"


@pytest.fixture(scope="module")
def lacking(api: Api) -> Iterator[dict[str, Api]]:
    """For each permission, a caller who has all others."""
    yield from _callers(api, {str(one): sorted(ALL_PERMISSIONS - {one}) for one in ALL_PERMISSIONS})


@pytest.fixture(scope="module")
def having(api: Api) -> Iterator[dict[str, Api]]:
    """For each permission, a caller who has no other."""
    yield from _callers(api, {str(one): [one] for one in ALL_PERMISSIONS})


def test_every_operation_has_its_permission_here() -> None:
    described = {
        f"{method.upper()} {path.removeprefix(API_PREFIX)}"
        for path, operations in DESCRIPTION["paths"].items()
        for method in operations
    }
    assert described == NEEDED.keys()


@pytest.mark.parametrize("operation", GUARDED)
def test_whoever_lacks_the_permission_is_refused_whatever_else_they_may(
    lacking: dict[str, Api], operation: str
) -> None:
    caller = lacking[NEEDED[operation]]
    problem = caller.problem(403, "permission_missing", *_sample(operation)[0], **_sample(operation)[1])
    assert f"`{NEEDED[operation]}`" in problem["detail"]


@pytest.mark.parametrize("operation", [item for item in GUARDED if item[:4] == "GET " and not item.endswith(ENDLESS)])
def test_the_permission_is_all_that_looking_takes(having: dict[str, Api], operation: str) -> None:
    (method, path), options = _sample(operation)
    assert having[NEEDED[operation]].send(method, path, **options).status_code in {200, 404}


def _callers(api: Api, scopes: dict[str, list[Any]]) -> Iterator[dict[str, Api]]:
    made = {
        name: api.ok("POST", "/api-keys", json={"name": f"for {name}", "scopes": item}) for name, item in scopes.items()
    }
    callers = {name: Api(api.url, key["secret"]) for name, key in made.items()}
    yield callers
    for name, caller in callers.items():
        caller.http.close()
        api.ok("DELETE", f"/api-keys/{made[name]['id']}")


def _sample(operation: str) -> tuple[tuple[str, str], dict[str, Any]]:
    method, path = operation.split(" ")
    options = sample_request(DESCRIPTION, method.lower(), path if path in DESCRIPTION["paths"] else API_PREFIX + path)
    return (method, options.pop("url")), options
