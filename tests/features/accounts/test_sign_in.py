"""Registering and signing in."""

import asyncio

import pytest
import sqlalchemy as sa
from tests.features.accounts.conftest import PASSWORD, House

from ragstone.features.accounts.passwords import HashCost, Passwords, PasswordsBusy
from ragstone.features.accounts.tables import sign_in_delays, users

WRONG = "not the password"


async def test_the_first_to_register_owns_the_tenant_that_is_there_and_is_the_last(each_house: House) -> None:
    before = await each_house.ok("GET", "/auth/me", each_house.key)
    welcome = await each_house.register(" Ada@Example.com ", name="Ada", tenant_name="ignored")
    assert welcome["tenant"]["id"] == before["tenant"]["id"]
    assert (welcome["role"], welcome["token_type"], welcome["expires_in"]) == ("owner", "bearer", 600)
    me = await each_house.ok("GET", "/auth/me", welcome["access_token"])
    assert me["user"] == welcome["user"]
    assert me["user"]["email"] == "ada@example.com"
    assert me["permissions"] == ["admin", "owner", "platform", "read", "write"]
    assert await each_house.problem(
        "POST", "/auth/register", json={"email": "eve@example.com", "password": PASSWORD}
    ) == (
        403,
        "registration_closed",
    )


async def test_of_two_who_are_first_at_once_one_is(each_house: House) -> None:
    bodies = [{"email": f"{name}@example.com", "password": PASSWORD} for name in ("ada", "eve")]
    answers = await asyncio.gather(*(each_house.send("POST", "/auth/register", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201, 403]


async def test_where_registration_is_open_everyone_gets_a_tenant_of_their_own(house: House) -> None:
    house = house.with_auth(registration="open")
    ada, eve = await house.register(tenant_name="Lighthouse"), await house.register("eve@example.com")
    assert ada["tenant"]["name"] == "Lighthouse"
    assert eve["tenant"]["name"] == "eve"
    assert ada["tenant"]["id"] != eve["tenant"]["id"]
    assert "platform" not in (await house.ok("GET", "/auth/me", ada["access_token"]))["permissions"]
    collection = await house.ok("POST", "/collections", ada["access_token"], json={"name": "mine"})
    assert await house.problem("GET", f"/collections/{collection['id']}", eve["access_token"]) == (
        404,
        "collection_not_found",
    )
    again = {"email": "ADA@example.com", "password": PASSWORD}
    assert await house.problem("POST", "/auth/register", json=again) == (409, "email_taken")


async def test_where_registration_is_closed_nobody_registers(house: House) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD}
    assert await house.with_auth(registration="closed").problem("POST", "/auth/register", json=body) == (
        403,
        "registration_closed",
    )


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "ada@example.com"])
async def test_a_password_anybody_would_guess_is_refused(house: House, password: str) -> None:
    body = {"email": "ada@example.com", "password": password}
    assert await house.problem("POST", "/auth/register", json=body) == (422, "password_weak")


async def test_the_password_gets_in_and_nothing_else_does(house: House) -> None:
    await house.register()
    welcome = await house.login("ADA@example.com")
    assert await house.may(welcome["access_token"])
    answers = [
        await house.send("POST", "/auth/login", json={"email": email, "password": password})
        for email, password in (("ada@example.com", WRONG), ("nobody@example.com", PASSWORD), ("not an address", "x"))
    ]
    bodies = [{name: value for name, value in a.json().items() if name != "request_id"} for a in answers]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert bodies[0]["code"] == "sign_in_failed"
    assert bodies[0] == bodies[1] == bodies[2]


async def test_nothing_in_the_store_is_the_password_or_a_token(each_house: House) -> None:
    welcome = await each_house.register()
    async with each_house.runtime.db.read_across_tenants() as connection:
        tables = [row for table in users.metadata.sorted_tables for row in await connection.execute(sa.select(table))]
    stored = str(tables)
    assert "$argon2id$" in stored
    assert not any(secret in stored for secret in (PASSWORD, welcome["access_token"], welcome["refresh_token"]))


async def test_tokens_are_given_for_an_oauth_form_too(house: House) -> None:
    await house.register()
    form = {"grant_type": "password", "username": "ada@example.com", "password": PASSWORD, "scope": ""}
    tokens = await house.ok("POST", "/auth/token", data=form)
    assert await house.may(tokens["access_token"])
    renewed = await house.ok(
        "POST", "/auth/token", data={"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    )
    assert renewed["refresh_token"] != tokens["refresh_token"]
    for lacking in ({"grant_type": "password"}, {"grant_type": "refresh_token"}):
        assert await house.problem("POST", "/auth/token", data=lacking) == (422, "grant_invalid")


async def test_a_hash_of_another_cost_is_replaced_when_its_owner_signs_in(house: House) -> None:
    await house.register()

    async def stored() -> str:
        async with house.runtime.db.read_across_tenants() as connection:
            return str(await connection.scalar(sa.select(users.c.password_hash)))

    before = await stored()
    await house.login()
    assert await stored() == before
    dearer = house.with_auth(hash_passes=2)
    await dearer.login()
    assert before != await stored()
    assert "t=2" in await stored()
    await dearer.login()


async def test_guessing_at_one_account_from_one_place_takes_ever_longer(each_house: House) -> None:
    await each_house.register()
    guess = {"email": "ada@example.com", "password": WRONG}
    waits = []
    for _ in range(14):
        answer = await each_house.send("POST", "/auth/login", json=guess, address="198.51.100.9")
        if answer.status_code == 429:
            waits.append(answer.json()["retry_after_s"])
            assert answer.headers["Retry-After"]
            each_house.clock.move(seconds=waits[-1])
    assert waits == [1.0, 2.0, 4.0][: len(waits)]
    assert len(waits) == 2
    right = {"email": "ada@example.com", "password": PASSWORD}
    assert await each_house.problem("POST", "/auth/login", json=right, address="198.51.100.9") == (
        429,
        "sign_in_delayed",
    )
    await each_house.ok("POST", "/auth/login", json=right)
    each_house.clock.move(hours=2)
    await each_house.ok("POST", "/auth/login", json=right, address="198.51.100.9")


async def test_an_account_that_does_not_exist_is_delayed_alike(house: House) -> None:
    guess = {"email": "nobody@example.com", "password": WRONG}
    codes = [(await house.problem("POST", "/auth/login", json=guess))[1] for _ in range(11)]
    assert codes == ["sign_in_failed"] * 10 + ["sign_in_delayed"]


async def test_one_address_cannot_try_many_accounts(house: House) -> None:
    codes = [
        (await house.problem("POST", "/auth/login", json={"email": f"{n}@example.com", "password": WRONG}))[1]
        for n in range(31)
    ]
    assert codes == ["sign_in_failed"] * 30 + ["sign_in_delayed"]


async def test_strangers_from_everywhere_cannot_keep_the_owner_out(house: House) -> None:
    await house.register()
    guess = {"email": "ada@example.com", "password": WRONG}
    codes = [(await house.problem("POST", "/auth/login", json=guess, address=f"203.0.113.{n}"))[1] for n in range(101)]
    assert codes == ["sign_in_failed"] * 100 + ["sign_in_delayed"]
    await house.login()
    right = {"email": "ada@example.com", "password": PASSWORD}
    assert await house.problem("POST", "/auth/login", json=right, address="203.0.113.250") == (429, "sign_in_delayed")
    house.clock.move(seconds=61)
    await house.ok("POST", "/auth/login", json=right, address="203.0.113.250")


async def test_many_guesses_at_once_are_counted_one_by_one(each_house: House) -> None:
    guess = {"email": "ada@example.com", "password": WRONG}
    answers = await asyncio.gather(*(each_house.problem("POST", "/auth/login", json=guess) for _ in range(24)))
    assert sorted(code for _, code in answers) == ["sign_in_delayed"] * 14 + ["sign_in_failed"] * 10


async def test_delays_can_be_turned_off_and_keep_no_address_in_the_clear(house: House) -> None:
    guess = {"email": "ada@example.com", "password": WRONG}
    await house.problem("POST", "/auth/login", json=guess)
    free = house.with_auth(sign_in_delays=False)
    codes = {(await free.problem("POST", "/auth/login", json=guess))[1] for _ in range(11)}
    assert codes == {"sign_in_failed"}
    async with house.runtime.db.read_across_tenants() as connection:
        stored = str((await connection.execute(sa.select(sign_in_delays))).all())
    assert "ada@" not in stored
    assert "192.0.2" not in stored


async def test_passwords_beyond_what_the_server_takes_on_are_turned_away() -> None:
    passwords = Passwords(HashCost(8192, 1, 1, at_once=1))
    answers = await asyncio.gather(*(passwords.check("x", None) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(answer, PasswordsBusy) for answer in answers) == 4
    assert (await passwords.check("x", "not a hash")).is_right is False
