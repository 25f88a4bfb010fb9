"""Staying signed in, and what ends it: each is felt by the very next request."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey
from tests.features.accounts.conftest import PASSWORD, House

from ragstone.features.accounts.forget import forget_sign_ins
from ragstone.features.accounts.tables import memberships, sessions, sign_in_delays, users
from ragstone.kit.scope import INSTALLATION, Scope

BY = Scope(INSTALLATION, "tester", frozenset())
NEW = "another lighthouse altogether"


async def renew(house: House, tokens: Any) -> Any:
    return await house.ok("POST", "/auth/refresh", json={"refresh_token": tokens["refresh_token"]})


async def refused(house: House, tokens: Any) -> tuple[int, str]:
    return await house.problem("POST", "/auth/refresh", json={"refresh_token": tokens["refresh_token"]})


async def test_tokens_are_renewed_one_after_another(house: House) -> None:
    first = await house.register()
    house.clock.move(minutes=11)
    assert not await house.may(first["access_token"])
    second = await renew(house, first)
    assert await house.may(second["access_token"])
    house.clock.move(minutes=11)
    third = await renew(house, second)
    assert await house.may(third["access_token"])
    assert await refused(house, {"refresh_token": "rt_of_nobody"}) == (401, "refresh_token_invalid")


async def test_a_copy_of_a_refresh_token_ends_the_session_for_both(each_house: House) -> None:
    first = await each_house.register()
    second = await renew(each_house, first)
    each_house.clock.move(seconds=11)
    assert await each_house.may(second["access_token"])
    assert await refused(each_house, first) == (401, "refresh_token_reused")
    assert not await each_house.may(second["access_token"])
    assert await refused(each_house, second) == (401, "refresh_token_invalid")


async def test_a_repeated_request_gets_tokens_again_if_nobody_has_gone_on(each_house: House) -> None:
    """And of two that were given for the same token only one goes on."""
    first = await each_house.register()
    lost, again = await renew(each_house, first), await renew(each_house, first)
    third = await renew(each_house, again)
    assert await each_house.may(third["access_token"])
    assert await refused(each_house, lost) == (401, "refresh_token_reused")
    assert not await each_house.may(third["access_token"])


async def test_a_repetition_after_somebody_went_on_ends_the_session(house: House) -> None:
    first = await house.register()
    await renew(house, await renew(house, first))
    assert await refused(house, first) == (401, "refresh_token_reused")


async def test_requests_at_once_with_one_token_see_each_other(each_house: House) -> None:
    first = await each_house.with_auth(refresh_grace_s=0.0).register()
    strict = each_house.with_auth(refresh_grace_s=0.0)
    body = {"refresh_token": first["refresh_token"]}
    answers = await asyncio.gather(*(strict.send("POST", "/auth/refresh", json=body) for _ in range(8)))
    assert [answer.status_code for answer in answers].count(200) <= 1
    assert not await each_house.may(first["access_token"])


async def test_a_session_that_is_not_refreshed_expires(house: House) -> None:
    first = await house.register()
    house.clock.move(days=29)
    second = await renew(house, first)
    house.clock.move(days=31)
    assert await refused(house, second) == (401, "refresh_token_invalid")


async def test_signing_out_ends_this_session_alone(house: House) -> None:
    here, there = await house.register(), await house.login()
    await house.ok("POST", "/auth/logout", here["access_token"])
    assert not await house.may(here["access_token"])
    assert await refused(house, here) == (401, "refresh_token_invalid")
    assert await house.may(there["access_token"])


async def test_sessions_are_listed_and_ended_from_elsewhere(each_house: House) -> None:
    here = await each_house.register()
    there = await each_house.login(address="203.0.113.5")
    items = (await each_house.ok("GET", "/auth/sessions", here["access_token"]))["items"]
    assert [(item["is_current"], item["address"]) for item in items] == [(False, "203.0.113.5"), (True, "192.0.2.7")]
    assert await each_house.may(there["access_token"])
    path = f"/auth/sessions/{items[0]['id']}"
    await each_house.ok("DELETE", path, here["access_token"])
    assert not await each_house.may(there["access_token"])
    assert await each_house.problem("DELETE", path, here["access_token"]) == (404, "session_not_found")
    assert len((await each_house.ok("GET", "/auth/sessions", here["access_token"]))["items"]) == 1


async def test_somebody_elses_session_is_not_found(house: House) -> None:
    house = house.with_auth(registration="open")
    ada, eve = await house.register(), await house.register("eve@example.com")
    session_id = (await house.ok("GET", "/auth/sessions", ada["access_token"]))["items"][0]["id"]
    assert await house.problem("DELETE", f"/auth/sessions/{session_id}", eve["access_token"]) == (
        404,
        "session_not_found",
    )
    assert await house.may(ada["access_token"])


async def test_an_api_key_has_no_sessions(house: House) -> None:
    assert (await house.ok("GET", "/auth/me", house.key))["user"] is None
    for method, path in (("GET", "/auth/sessions"), ("POST", "/auth/logout"), ("DELETE", "/auth/sessions/ses_1")):
        assert await house.problem(method, path, house.key) == (403, "sign_in_required")


async def test_another_password_ends_every_other_session(house: House) -> None:
    here, there = await house.register(), await house.login()
    change = {"current_password": PASSWORD, "new_password": NEW}
    wrong = change | {"current_password": NEW}
    assert await house.problem("POST", "/auth/password", here["access_token"], json=wrong) == (422, "password_wrong")
    weak = change | {"new_password": "short"}
    assert await house.problem("POST", "/auth/password", here["access_token"], json=weak) == (422, "password_weak")
    await house.ok("POST", "/auth/password", here["access_token"], json=change)
    assert await house.may(here["access_token"])
    assert not await house.may(there["access_token"])
    assert await refused(house, there) == (401, "refresh_token_invalid")
    await house.login(password=NEW)
    body = {"email": "ada@example.com", "password": PASSWORD}
    assert await house.problem("POST", "/auth/login", json=body) == (401, "sign_in_failed")


async def _disable(house: House) -> None:
    async with house.runtime.db.transaction_across_tenants() as connection:
        await connection.execute(sa.update(users).values(disabled_at=house.clock.now()))


async def _remove(house: House) -> None:
    async with house.runtime.db.transaction_across_tenants() as connection:
        await connection.execute(sa.delete(memberships))


async def _revoke(house: House) -> None:
    async with house.runtime.db.transaction_across_tenants() as connection:
        await connection.execute(sa.update(sessions).values(revoked_at=house.clock.now()))


async def _distrust(house: House) -> None:
    await house.app.state.identity.tokens.rotate(BY, believe_old=False)


@pytest.mark.parametrize("take_away", [_disable, _remove, _revoke, _distrust])
async def test_what_is_taken_away_is_gone_with_the_next_request(
    each_house: House, take_away: Callable[[House], Awaitable[None]]
) -> None:
    tokens = await each_house.register()
    assert await each_house.may(tokens["access_token"])
    await take_away(each_house)
    assert not await each_house.may(tokens["access_token"])
    if take_away is not _distrust:
        assert (await refused(each_house, tokens))[1] == "refresh_token_invalid"


async def test_another_role_counts_with_the_next_request(each_house: House) -> None:
    tokens = await each_house.register()
    assert "write" in (await each_house.ok("GET", "/auth/me", tokens["access_token"]))["permissions"]
    async with each_house.runtime.db.transaction_across_tenants() as connection:
        await connection.execute(sa.update(memberships).values(role="viewer"))
        await connection.execute(sa.update(users).values(is_platform_admin=False))
    assert (await each_house.ok("GET", "/auth/me", tokens["access_token"]))["permissions"] == ["read"]


async def test_a_disabled_user_cannot_sign_in(house: House) -> None:
    await house.register()
    await _disable(house)
    body = {"email": "ada@example.com", "password": PASSWORD}
    assert await house.problem("POST", "/auth/login", json=body) == (401, "sign_in_failed")


async def test_somebody_who_is_no_member_of_anything_has_nowhere_to_go(house: House) -> None:
    await house.register()
    await _remove(house)
    body = {"email": "ada@example.com", "password": PASSWORD}
    assert await house.problem("POST", "/auth/login", json=body) == (403, "membership_missing")


async def test_keys_are_rotated_and_tokens_of_the_old_one_live_out_their_time(each_house: House) -> None:
    old = await each_house.register()
    await each_house.app.state.identity.tokens.rotate(BY)
    assert await each_house.may(old["access_token"])
    new = await renew(each_house, old)
    assert _part(old, 0)["kid"] != _part(new, 0)["kid"]
    assert await each_house.restarted().may(new["access_token"])
    keys = (await each_house.ok("GET", "/.well-known/jwks.json"))["keys"]
    assert [key["kid"] for key in keys] == [_part(new, 0)["kid"], _part(old, 0)["kid"]]
    assert all("d" not in key for key in keys)
    read = jwt.decode(new["access_token"], KeySet.import_key_set({"keys": keys}), algorithms=["ES256"])
    assert read.claims["sub"] == new_user(old)
    each_house.clock.move(hours=1)
    assert len((await each_house.ok("GET", "/.well-known/jwks.json"))["keys"]) == 1


def new_user(tokens: Any) -> str:
    return str(tokens["user"]["id"])


def _part(tokens: Any, number: int) -> dict[str, Any]:
    part = tokens["access_token"].split(".")[number]
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def _packed(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def test_forged_tokens_are_refused(house: House) -> None:
    tokens = await house.register()
    header, claims = _part(tokens, 0), _part(tokens, 1)
    public = (await house.ok("GET", "/.well-known/jwks.json"))["keys"][0]
    stranger = ECKey.generate_key("P-256")
    signed = {"alg": "ES256", "typ": "at+jwt"}
    forged = {
        "no algorithm": f"{_packed(header | {'alg': 'none'})}.{_packed(claims)}.",
        "no algorithm, signed": tokens["access_token"].replace(
            tokens["access_token"].split(".")[0], _packed(header | {"alg": "none"})
        ),
        "another key under our name": jwt.encode(signed | {"kid": header["kid"]}, claims, stranger),
        "another key": jwt.encode(signed | {"kid": "sig_other"}, claims, stranger),
        "no key": jwt.encode(signed, claims, stranger),
        "our public key as a shared secret": jwt.encode(
            {"alg": "HS256", "typ": "at+jwt", "kid": header["kid"]},
            claims,
            OctKey.import_key(json.dumps(public)),
            algorithms=["HS256"],
        ),
        "changed": tokens["access_token"].replace(
            tokens["access_token"].split(".")[1], _packed(claims | {"sub": "usr_other"})
        ),
        "cut off": tokens["access_token"][:-4],
        "no header": f"eyJ.{_packed(claims)}.x",
        "long": "eyJ" + "a" * 5000 + ".b.c",
        "nested": f"eyJ{'W' * 3000}.b.c",
    }
    assert [name for name, token in forged.items() if await house.may(token)] == []
    assert await house.may(tokens["access_token"])


@pytest.mark.parametrize(
    "change",
    [{"aud": "another"}, {"iss": "another"}, {"exp": 1}, {"exp": "later"}, {"iat": 2**33}, {"sid": None}, {"sub": "u"}],
    ids=str,
)
async def test_tokens_of_our_key_that_say_something_else_are_refused(house: House, change: dict[str, Any]) -> None:
    tokens = await house.register()
    key_id, private = await house.app.state.identity.tokens._newest()
    header = {"alg": "ES256", "typ": "at+jwt", "kid": key_id}
    claims = _part(tokens, 1)
    assert await house.may(jwt.encode(header, claims, private))
    assert not await house.may(jwt.encode(header, claims | change, private))
    assert not await house.may(jwt.encode(header | {"typ": "second-factor+jwt"}, claims, private))


async def test_what_is_over_is_dropped_after_a_while(house: House) -> None:
    tokens = await house.register()
    await house.problem("POST", "/auth/login", json={"email": "ada@example.com", "password": "wrong"})
    house.clock.move(days=61)
    await forget_sign_ins(house.runtime.db, house.clock)
    assert await refused(house, tokens) == (401, "refresh_token_invalid")
    async with house.runtime.db.read_across_tenants() as connection:
        left = [len((await connection.execute(sa.select(table))).all()) for table in (sessions, sign_in_delays, users)]
    assert left == [0, 0, 1]
