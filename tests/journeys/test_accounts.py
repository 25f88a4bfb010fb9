"""Somebody registers, works, and signs out, on a server as users run it."""

from collections.abc import Callable, Mapping

from tests.journeys.api import Api
from tests.journeys.server import Server

PASSWORD = "a lighthouse of one's own"
CHEAP = {"RAGSTONE_AUTH__HASH_MEMORY_KIB": "8192", "RAGSTONE_EMBEDDING__PROVIDER": "none"}


def test_the_first_user_owns_what_the_first_key_made(start_server: Callable[[Mapping[str, str]], Server]) -> None:
    url = start_server(CHEAP).wait_until_ready()
    with Api(url) as administrator, Api(url, None) as visitor:
        collection_id = administrator.collection("before there were users")
        visitor.problem(401, "credential_missing", "GET", "/auth/me")
        body = {"email": "ada@example.com", "password": PASSWORD}
        visitor.ok("POST", "/auth/register", json=body)
        visitor.problem(403, "registration_closed", "POST", "/auth/register", json=body | {"email": "eve@example.com"})
        visitor.problem(401, "sign_in_failed", "POST", "/auth/login", json=body | {"password": "wrong"})
        tokens = visitor.ok("POST", "/auth/login", json=body)
        visitor.http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        assert visitor.ok("GET", f"/collections/{collection_id}")["id"] == collection_id
        visitor.ok("POST", "/auth/logout")
        visitor.problem(401, "credential_invalid", "GET", f"/collections/{collection_id}")
        visitor.problem(
            401, "refresh_token_invalid", "POST", "/auth/refresh", json={"refresh_token": tokens["refresh_token"]}
        )
