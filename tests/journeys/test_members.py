"""Members and invitations over HTTP, as a program of an administrator's manages them."""

import pytest
from tests.journeys.api import Api


def test_an_invitation_is_made_listed_and_taken_back(api: Api) -> None:
    body = {"email": "Ada@Example.com", "role": "editor"}
    made = api.ok("POST", "/tenant/invitations", json=body)
    assert (made["email"], made["role"]) == ("ada@example.com", "editor")
    listed = api.send("GET", "/tenant/invitations")
    assert made["id"] in listed.text
    assert made["token"] not in listed.text
    api.problem(403, "invitation_of_another", "POST", "/tenant/invitations/accept", json={"token": made["token"]})
    path = f"/tenant/invitations/{made['id']}"
    api.ok("DELETE", path)
    api.problem(404, "invitation_not_found", "DELETE", path)


@pytest.mark.parametrize(
    "fields", [{"email": "nobody"}, {"role": "root"}, {"lifetime_days": 0}, {"colour": "red"}, {"email": "a\x00@b.c"}]
)
def test_invitations_that_make_no_sense_are_refused(api: Api, fields: dict[str, str]) -> None:
    body = {"email": "ada@example.com"} | fields
    api.problem(422, "validation_failed", "POST", "/tenant/invitations", json=body)


def test_members_that_are_not_there_are_problems(api: Api) -> None:
    api.problem(404, "member_not_found", "PATCH", "/tenant/members/usr_no", json={"role": "viewer"})
    api.problem(404, "member_not_found", "DELETE", "/tenant/members/usr_no")


def test_nobody_gives_a_role_above_their_own(api: Api) -> None:
    admin = api.ok("POST", "/api-keys", json={"name": "admin", "scopes": ["read", "write", "admin"]})
    with Api(api.url, admin["secret"]) as caller:
        problem = caller.problem(
            403, "grant_exceeded", "POST", "/tenant/invitations", json={"email": "a@example.com", "role": "owner"}
        )
        assert "owner" in problem["detail"]
        caller.problem(403, "grant_exceeded", "POST", "/api-keys", json={"name": "x", "scopes": ["platform"]})
