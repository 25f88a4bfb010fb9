"""Members come by invitation, are in several tenants, and are gone with the next request when they are removed."""

from typing import Any

from tests.journeys.api import Api

PASSWORD = "a long enough passphrase for tests"


def as_user(signed_in: Any) -> dict[str, dict[str, str]]:
    return {"headers": {"Authorization": f"Bearer {signed_in['access_token']}"}}


def test_who_is_invited_registers_joins_another_tenant_and_is_removed(api: Api) -> None:
    email = "guest.of.two@example.com"
    invited = api.ok("POST", "/tenant/invitations", json={"email": email, "role": "editor"})
    body = {"email": email, "password": PASSWORD, "invitation": invited["token"]}
    second = api.ok("POST", "/admin/tenants", json={"name": "second home", "owner_email": email})
    with Api(api.url, key=None) as web:
        stranger = body | {"email": "another@example.com"}
        web.problem(403, "invitation_of_another", "POST", "/auth/register", json=stranger)
        web.problem(403, "invitation_invalid", "POST", "/auth/register", json=body | {"invitation": "ri_guessed"})
        here = web.ok("POST", "/auth/register", json=body)
        assert (here["role"], here["tenant"]["id"]) == ("editor", api.ok("GET", "/tenant")["id"])
        token = second["invitation"]["token"]
        entered = web.ok("POST", "/tenant/invitations/accept", json={"token": token}, **as_user(here))
        assert entered == {"id": second["id"], "role": "owner"}
        me = web.ok("GET", "/auth/me", **as_user(here))
        assert [(item["name"], item["role"]) for item in me["memberships"]][1:] == [("second home", "owner")]
        there = web.ok("POST", "/auth/switch", json={"to": second["id"]}, **as_user(here))
        assert web.ok("GET", "/tenant", **as_user(there))["name"] == "second home"
        web.problem(401, "credential_invalid", "GET", "/tenant", **as_user(here))
        web.problem(403, "membership_missing", "POST", "/auth/switch", json={"to": "ten_no"}, **as_user(there))
        back = web.ok("POST", "/auth/switch", json={"to": here["tenant"]["id"]}, **as_user(there))
        key = web.ok("POST", "/api-keys", json={"name": "mine"}, **as_user(back))
        api.ok("PATCH", f"/tenant/members/{here['user']['id']}", json={"role": "viewer"})
        web.problem(403, "permission_missing", "POST", "/collections", json={"name": "no"}, **as_user(back))
        api.ok("DELETE", f"/tenant/members/{here['user']['id']}")
        web.problem(401, "credential_invalid", "GET", "/tenant", **as_user(back))
        web.problem(401, "credential_invalid", "GET", "/tenant", headers={"X-API-Key": key["secret"]})
        api.finished(api.ok("DELETE", f"/admin/tenants/{second['id']}")["job"])
        web.problem(401, "sign_in_failed", "POST", "/auth/login", json={"email": email, "password": PASSWORD})
