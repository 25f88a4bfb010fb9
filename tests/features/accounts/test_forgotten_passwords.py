"""A forgotten password, and the link that replaces it."""

import asyncio
import re
from typing import Any

from tests.features.accounts.conftest import PASSWORD, House, Postbox

from ragstone.features.accounts.errands import Errands
from ragstone.kit.i18n import DEFAULT_LOCALE, LOCALES, catalogue
from ragstone.ports.mailer import MailerUnavailable

NEW = "another lighthouse altogether"


def postbox(house: House) -> Postbox:
    assert isinstance(house.runtime.mailer, Postbox)
    return house.runtime.mailer


async def forget(house: House, email: str = "ada@example.com", **options: Any) -> None:
    await house.ok("POST", "/auth/password/forgot", json={"email": email}, **options)
    await house.app.state.identity.errands.done()


def token_in(text: str) -> str:
    found = re.search(r"pr_[\w-]+", text)
    assert found
    return found.group()


async def test_a_mail_replaces_a_forgotten_password_once(each_house: House) -> None:
    tokens = await each_house.register()
    await forget(each_house, " ADA@example.com")
    (mail,) = postbox(each_house).mails
    assert mail.to == "ada@example.com"
    body = {"token": token_in(mail.text), "new_password": NEW}
    weak = body | {"new_password": "ada@example.com"}
    assert await each_house.problem("POST", "/auth/password/reset", json=weak) == (422, "password_weak")
    await each_house.ok("POST", "/auth/password/reset", json=body)
    assert not await each_house.may(tokens["access_token"])
    await each_house.login(password=NEW)
    assert await each_house.problem("POST", "/auth/password/reset", json=body) == (422, "reset_token_invalid")


async def test_of_two_who_use_a_link_at_once_one_does(each_house: House) -> None:
    await each_house.register()
    await forget(each_house)
    token = token_in(postbox(each_house).mails[0].text)
    bodies = [{"token": token, "new_password": f"{NEW} {number}"} for number in range(4)]
    answers = await asyncio.gather(*(each_house.send("POST", "/auth/password/reset", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [204, 422, 422, 422]


async def test_nobody_learns_whether_there_is_such_a_user(house: House) -> None:
    await house.register()
    bodies = [
        (await house.send("POST", "/auth/password/forgot", json={"email": email})).text
        for email in ("ada@example.com", "nobody@example.com", "no address")
    ]
    await house.app.state.identity.errands.done()
    assert len(set(bodies)) == 1
    assert len(postbox(house).mails) == 1


async def test_a_link_expires_and_a_newer_one_takes_its_place(house: House) -> None:
    await house.register()
    await forget(house)
    await forget(house)
    assert len(postbox(house).mails) == 1, "a second mail within the minute"
    house.clock.move(seconds=61)
    await forget(house)
    old, new = (token_in(mail.text) for mail in postbox(house).mails)
    body = {"token": old, "new_password": NEW}
    assert (await house.problem("POST", "/auth/password/reset", json=body))[1] == "reset_token_invalid"
    house.clock.move(minutes=31)
    assert (await house.problem("POST", "/auth/password/reset", json=body | {"token": new}))[1] == "reset_token_invalid"


async def test_changing_the_password_takes_links_away(house: House) -> None:
    tokens = await house.register()
    await forget(house)
    change = {"current_password": PASSWORD, "new_password": NEW}
    await house.ok("POST", "/auth/password", tokens["access_token"], json=change)
    body = {"token": token_in(postbox(house).mails[0].text), "new_password": PASSWORD}
    assert (await house.problem("POST", "/auth/password/reset", json=body))[1] == "reset_token_invalid"


async def test_a_mail_is_in_the_language_of_whoever_asked(house: House) -> None:
    await house.register()
    assert set(LOCALES) > {DEFAULT_LOCALE}
    await forget(house, headers={"Accept-Language": "ar"})
    assert postbox(house).mails[0].subject == catalogue("ar")["mail.reset.subject"]


async def test_errands_fail_alone_and_are_not_run_without_end() -> None:
    errands, gate, ran = Errands(), asyncio.Event(), []

    async def wait(number: int) -> None:
        await gate.wait()
        ran.append(number)
        raise MailerUnavailable(reason="down")

    for number in range(201):
        errands.run("wait", wait(number))
    gate.set()
    await errands.done()
    assert ran == list(range(200))
