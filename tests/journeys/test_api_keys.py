"""API keys over HTTP: shown once, narrow, rotated, revoked."""

from typing import Any

import pytest
from tests.journeys.api import Api
from tests.journeys.server import SERVICE_TOKEN


def make(api: Api, name: str, **fields: Any) -> Any:
    return api.ok("POST", "/api-keys", json={"name": name, **fields})


def test_a_key_is_shown_once_and_does_what_it_may_and_no_more(api: Api) -> None:
    made = make(api, "reader")
    assert (made["scopes"], made["expires_at"], made["collection_ids"]) == (["read"], None, None)
    with Api(api.url, made["secret"]) as reader:
        assert reader.ok("GET", "/collections")
        problem = reader.problem(403, "permission_missing", "POST", "/collections", json={"name": "refused"})
        assert "write" in problem["detail"]
        reader.problem(403, "permission_missing", "POST", "/api-keys", json={"name": "another"})
    listed = [item for item in api.pages("/api-keys") if item["id"] == made["id"]]
    assert made["secret"].startswith(listed[0]["prefix"])
    assert listed[0]["last_used_at"] is not None
    assert made["secret"] not in api.send("GET", "/api-keys").text
    assert made["secret"] not in api.send("GET", f"/api-keys/{made['id']}").text


def test_a_rotated_key_works_under_both_secrets_and_a_revoked_one_under_none(api: Api) -> None:
    old = make(api, "rotated")
    new = api.ok("POST", f"/api-keys/{old['id']}/rotate")
    gone = [old["secret"], new["secret"]]
    for secret in gone:
        with Api(api.url, secret) as client:
            assert client.ok("GET", "/collections")
    newest = api.ok("POST", f"/api-keys/{old['id']}/rotate", json={"grace_s": 0})
    with Api(api.url, newest["secret"]) as client:
        assert client.ok("GET", "/collections")
        for secret in gone:
            client.problem(401, "credential_invalid", "GET", "/collections", headers={"X-API-Key": secret})
        api.ok("DELETE", f"/api-keys/{old['id']}")
        client.problem(401, "credential_invalid", "GET", "/collections")
    api.problem(404, "api_key_not_found", "DELETE", f"/api-keys/{old['id']}")


def test_a_repeated_request_gets_the_same_secret_which_is_kept_sealed(api: Api) -> None:
    options = {"json": {"name": "once"}, "headers": {"Idempotency-Key": "api-key-1"}}
    first = api.ok("POST", "/api-keys", **options)
    again = api.send("POST", "/api-keys", **options)
    assert (again.status_code, again.json()) == (201, first)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_key_is_renamed_and_nothing_else_of_it_can_be_changed(api: Api) -> None:
    made = make(api, "before")
    path = f"/api-keys/{made['id']}"
    assert api.ok("PATCH", path, json={"name": "after"})["name"] == "after"
    api.problem(422, "validation_failed", "PATCH", path, json={"name": "after", "scopes": ["admin"]})


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"scopes": []}, 422, "validation_failed"),
        ({"scopes": ["root"]}, 422, "validation_failed"),
        ({"collection_ids": []}, 422, "validation_failed"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, 422, "api_key_expiry_invalid"),
        ({"expires_at": "2031-01-01T00:00:00"}, 422, "validation_failed"),
        ({"colour": "red"}, 422, "validation_failed"),
    ],
)
def test_wishes_that_cannot_be_met_are_problems(api: Api, fields: dict[str, Any], status: int, code: str) -> None:
    api.problem(status, code, "POST", "/api-keys", json={"name": "refused", **fields})


def test_the_first_administrators_key_is_not_changed_over_http(api: Api) -> None:
    (first,) = [item for item in api.pages("/api-keys") if item["is_bootstrap"]]
    assert first["prefix"] is None, "nothing is shown of a secret that was not made here"
    api.problem(409, "api_key_fixed", "DELETE", f"/api-keys/{first['id']}")
    api.problem(409, "api_key_fixed", "POST", f"/api-keys/{first['id']}/rotate")


def test_a_service_token_does_what_the_settings_say_and_a_key_beside_it_counts_instead(api: Api) -> None:
    with Api(api.url, key=None) as gateway:
        gateway.http.headers["X-Service-Token"] = SERVICE_TOKEN
        assert gateway.ok("GET", "/tenant") == api.ok("GET", "/tenant")
        gateway.problem(403, "permission_missing", "POST", "/collections", json={"name": "refused"})
        gateway.problem(401, "credential_invalid", "GET", "/tenant", headers={"X-API-Key": "rs_wrong"})
        gateway.problem(401, "credential_invalid", "GET", "/tenant", headers={"X-Service-Token": SERVICE_TOKEN + "x"})
