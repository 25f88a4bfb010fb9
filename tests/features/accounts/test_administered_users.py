"""Users as a platform administrator looks after them."""

from typing import Any

from tests.features.accounts.conftest import PASSWORD, House

NEW = "another lighthouse altogether"


async def made(house: House, **fields: Any) -> Any:
    return await house.ok("POST", "/admin/users", house.key, json={"email": "eve@example.com", **fields})


async def test_a_user_who_is_made_gives_themselves_a_password(house: House) -> None:
    handed = await made(house, role="editor")
    assert handed["reset_url"] is None
    body = {"email": "eve@example.com", "password": PASSWORD}
    assert await house.problem("POST", "/auth/login", json=body) == (401, "sign_in_failed")
    reset = {"token": handed["reset_token"], "new_password": PASSWORD}
    await house.ok("POST", "/auth/password/reset", json=reset)
    token = (await house.login("eve@example.com"))["access_token"]
    me = await house.ok("GET", "/auth/me", token)
    assert (me["role"], me["permissions"]) == ("editor", ["read", "write"])
    for method, path in (
        ("GET", "/admin/users"),
        ("POST", "/admin/users/usr_1/disable"),
        ("POST", "/admin/users/usr_1/enable"),
        ("POST", "/admin/users/usr_1/reset-password"),
        ("POST", "/admin/signing-keys/rotate"),
    ):
        assert await house.problem(method, path, token) == (403, "permission_missing"), path
    more = {"email": "mallory@example.com", "is_platform_admin": True}
    assert await house.problem("POST", "/admin/users", token, json=more) == (403, "permission_missing")
    assert await house.problem("POST", "/admin/users", house.key, json={"email": "EVE@example.com"}) == (
        409,
        "email_taken",
    )


async def test_users_are_listed_page_by_page_and_found_by_address(house: House) -> None:
    await house.register()
    await made(house)
    first = await house.ok("GET", "/admin/users", house.key, params={"limit": 1})
    second = await house.ok("GET", "/admin/users", house.key, params={"limit": 1, "cursor": first["next_cursor"]})
    assert [page["items"][0]["email"] for page in (first, second)] == ["ada@example.com", "eve@example.com"]
    assert second["next_cursor"] is None
    found = await house.ok("GET", "/admin/users", house.key, params={"email": "EVE@example.com"})
    assert [item["email"] for item in found["items"]] == ["eve@example.com"]
    assert (await house.ok("GET", "/admin/users", house.key, params={"email": "nobody"}))["items"] == []


async def test_a_disabled_user_is_out_with_the_next_request_until_enabled(house: House) -> None:
    welcome = await house.register()
    path = f"/admin/users/{welcome['user']['id']}"
    assert await house.may(welcome["access_token"])
    assert (await house.ok("POST", f"{path}/disable", house.key))["disabled_at"]
    assert not await house.may(welcome["access_token"])
    handed = await house.ok("POST", f"{path}/reset-password", house.key)
    reset = {"token": handed["reset_token"], "new_password": NEW}
    assert (await house.problem("POST", "/auth/password/reset", json=reset))[1] == "reset_token_invalid"
    await house.ok("POST", f"{path}/enable", house.key)
    assert not await house.may(welcome["access_token"])
    await house.login()


async def test_a_lost_second_factor_can_be_taken_away(house: House) -> None:
    welcome = await house.register()
    token = welcome["access_token"]
    await house.ok("POST", "/auth/totp", token, json={"password": PASSWORD})
    path = f"/admin/users/{welcome['user']['id']}/reset-password"
    await house.ok("POST", path, house.key, json={"without_second_factor": True})
    assert await house.problem("POST", "/auth/totp/confirm", token, json={"code": "1"}) == (
        409,
        "second_factor_missing",
    )
    unknown = "/admin/users/usr_unknown/reset-password"
    assert await house.problem("POST", unknown, house.key) == (404, "user_not_found")


async def test_keys_that_are_rotated_at_once_end_tokens_but_no_session(house: House) -> None:
    welcome = await house.register()
    await house.ok("POST", "/admin/signing-keys/rotate", house.key)
    assert await house.may(welcome["access_token"])
    await house.ok("POST", "/admin/signing-keys/rotate", house.key, json={"believe_old": False})
    assert not await house.may(welcome["access_token"])
    renewed = await house.ok("POST", "/auth/refresh", json={"refresh_token": welcome["refresh_token"]})
    assert await house.may(renewed["access_token"])
