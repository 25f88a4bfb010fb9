"""A second factor: set up, asked for, lost and taken away."""

import asyncio
from typing import Any

import pyotp
from tests.features.accounts.conftest import PASSWORD, House

from ragstone.features.accounts import user_store
from ragstone.features.accounts.sign_in.second_factor import _PURPOSE
from ragstone.kit.seal import unseal


class Phone:
    """An authenticator app."""

    def __init__(self, house: House, secret: str) -> None:
        self._house = house
        self._totp = pyotp.TOTP(secret)

    def code(self, steps: int = 0) -> str:
        return self._totp.at(int(self._house.clock.now().timestamp()) + 30 * steps)


async def set_up(house: House, token: str) -> tuple[Phone, list[str]]:
    enrolment = await house.ok("POST", "/auth/totp", token, json={"password": PASSWORD})
    assert pyotp.parse_uri(enrolment["uri"]).secret == enrolment["secret"]
    phone = Phone(house, enrolment["secret"])
    codes = await house.ok("POST", "/auth/totp/confirm", token, json={"code": phone.code()})
    house.clock.move(seconds=30)
    return phone, codes["recovery_codes"]


async def challenge(house: House) -> Any:
    step = await house.login()
    assert "access_token" not in step
    assert step["second_factor"]["methods"] == ["totp", "recovery_code"]
    return step["second_factor"]["token"]


async def answer(house: House, token: str, code: str) -> tuple[int, str]:
    response = await house.send("POST", "/auth/login/second-factor", json={"token": token, "code": code})
    return response.status_code, response.json().get("code", "")


async def test_whoever_has_a_second_factor_is_asked_for_it(each_house: House) -> None:
    tokens = await each_house.register()
    other = await each_house.login()
    phone, _ = await set_up(each_house, tokens["access_token"])
    assert await each_house.may(tokens["access_token"])
    assert not await each_house.may(other["access_token"]), "sessions that began without it"
    token = await challenge(each_house)
    assert not await each_house.may(token), "half a proof is none"
    assert await answer(each_house, token, phone.code(steps=5)) == (422, "code_wrong")
    welcome = await each_house.ok("POST", "/auth/login/second-factor", json={"token": token, "code": phone.code()})
    assert (await each_house.ok("GET", "/auth/me", welcome["access_token"]))["user"]["has_second_factor"]
    form = {"username": "ada@example.com", "password": PASSWORD}
    assert await each_house.problem("POST", "/auth/token", data=form) == (401, "second_factor_required")


async def test_no_code_works_twice_not_even_at_once(each_house: House) -> None:
    phone, codes = await set_up(each_house, (await each_house.register())["access_token"])
    token = await challenge(each_house)
    for code in (phone.code(), codes[0]):
        answers = await asyncio.gather(*(answer(each_house, token, code) for _ in range(4)))
        assert sorted(status for status, _ in answers) == [200, 422, 422, 422]


async def test_a_recovery_code_is_good_however_it_is_typed(house: House) -> None:
    _, codes = await set_up(house, (await house.register())["access_token"])
    assert len(set(codes)) == 10
    assert await answer(house, await challenge(house), codes[3].upper().replace("-", " ")) == (200, "")
    assert await answer(house, await challenge(house), "aaaa-aaaa-aaaa-aaaa") == (422, "code_wrong")


async def test_guessing_codes_takes_ever_longer(house: House) -> None:
    await set_up(house, (await house.register())["access_token"])
    token = await challenge(house)
    outcomes = [(await answer(house, token, "no code"))[1] for _ in range(11)]
    assert "sign_in_delayed" in outcomes
    assert outcomes[0] == "code_wrong"


async def test_the_first_step_does_not_count_for_long_nor_after_another_password(house: House) -> None:
    tokens = await house.register()
    phone, _ = await set_up(house, tokens["access_token"])
    token = await challenge(house)
    house.clock.move(seconds=301)
    assert await answer(house, token, phone.code()) == (401, "challenge_invalid")
    assert await answer(house, tokens["access_token"], phone.code()) == (401, "challenge_invalid")
    token = await challenge(house)
    house.clock.move(seconds=30)
    change = {"current_password": PASSWORD, "new_password": PASSWORD + "!"}
    await house.ok("POST", "/auth/password", tokens["access_token"], json=change)
    assert await answer(house, token, phone.code()) == (401, "challenge_invalid")


async def test_what_is_begun_counts_only_once_it_is_confirmed(house: House) -> None:
    token = (await house.register())["access_token"]
    assert await house.problem("POST", "/auth/totp/confirm", token, json={"code": "123456"}) == (
        409,
        "second_factor_missing",
    )
    assert await house.problem("POST", "/auth/totp", token, json={"password": "wrong"}) == (422, "password_wrong")
    await house.ok("POST", "/auth/totp", token, json={"password": PASSWORD})
    assert await house.problem("POST", "/auth/totp/confirm", token, json={"code": "12345"}) == (422, "code_wrong")
    assert (await house.login())["access_token"]
    both = {"password": PASSWORD, "code": "123456"}
    assert await house.problem("POST", "/auth/totp/disable", token, json=both) == (409, "second_factor_missing")


async def test_a_second_factor_is_taken_away_with_both_factors(house: House) -> None:
    token = (await house.register())["access_token"]
    phone, codes = await set_up(house, token)
    assert await house.problem("POST", "/auth/totp", token, json={"password": PASSWORD}) == (409, "second_factor_set")
    assert await house.problem("POST", "/auth/totp/confirm", token, json={"code": phone.code()}) == (
        409,
        "second_factor_set",
    )
    wrong = {"password": PASSWORD, "code": "000000"}
    assert await house.problem("POST", "/auth/totp/disable", token, json=wrong) == (422, "code_wrong")
    await house.ok("POST", "/auth/totp/disable", token, json={"password": PASSWORD, "code": codes[0]})
    assert (await house.login())["access_token"]


async def test_the_secret_is_of_no_use_in_another_row(house: House) -> None:
    welcome = await house.register()
    enrolment = await house.ok("POST", "/auth/totp", welcome["access_token"], json={"password": PASSWORD})
    async with house.runtime.db.read_across_tenants() as connection:
        sealed, _ = await user_store.lock_totp(connection, welcome["user"]["id"])
    assert sealed is not None
    assert unseal(house.runtime.pepper, _PURPOSE, welcome["user"]["id"], sealed) == enrolment["secret"]
    assert unseal(house.runtime.pepper, _PURPOSE, "usr_other", sealed) is None
