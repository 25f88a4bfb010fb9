"""Mails, handed to a real server or not."""

import email
from collections.abc import AsyncIterator
from email.policy import default
from pathlib import Path

import pytest
from tests.backends.mail_smtp.server import MailServer, mail_server

from ragstone.backends.mail_log.mailer import LogMailer
from ragstone.backends.mail_smtp.mailer import SmtpMailer
from ragstone.kit.resilience.breaker import Circuit
from ragstone.kit.resilience.retry import RetryPolicy
from ragstone.ports.mailer import Mail, MailerUnavailable, MailRefused

MAIL = Mail("ada@example.com", "إعادة تعيين كلمة المرور", "the text\n.\nafter a dot")
AT_ONCE = RetryPolicy(attempts=3, first_pause_s=0.001, deadline_s=30)


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


def mailer(server: MailServer, scheme: str = "smtp+insecure", user: str = "") -> SmtpMailer:
    return SmtpMailer(f"{scheme}://{user}127.0.0.1:{server.port}", "rag@example.com", 10.0, AT_ONCE)


async def test_a_mail_arrives_as_it_was_written(server: MailServer) -> None:
    await mailer(server, user="me:p%40ss@").send(MAIL)
    read = email.message_from_string(server.mails[0].removesuffix("\r\n.\r\n"), policy=default)
    assert (read["From"], read["To"], read["Subject"]) == ("rag@example.com", MAIL.to, MAIL.subject)
    assert read["Message-ID"].endswith("@example.com>")
    assert server.logins == ["\0me\0p@ss"]


async def test_trouble_that_may_pass_is_tried_again(server: MailServer) -> None:
    server.replies = ["451 busy", "", "250 ok"]
    await mailer(server).send(MAIL)
    assert (server.connections, len(server.mails)) == (3, 1)


async def test_what_the_server_refuses_for_good_is_not(server: MailServer) -> None:
    server.replies = ["550 no such user"]
    with pytest.raises(MailRefused, match="550"):
        await mailer(server).send(MAIL)
    assert server.connections == 1


async def test_a_server_that_cannot_be_reached_is_left_alone_after_a_while() -> None:
    mailing = SmtpMailer("smtp+insecure://127.0.0.1:1", "rag@example.com", 5.0, AT_ONCE)
    for _ in range(2):
        with pytest.raises(MailerUnavailable):
            await mailing.send(MAIL)
    assert mailing.breaker.state.circuit is Circuit.OPEN


async def test_nothing_is_sent_in_the_clear_unless_one_says_so(server: MailServer) -> None:
    with pytest.raises(MailerUnavailable):
        await mailer(server, "smtp", user="me:secret@").send(MAIL)
    assert server.mails == server.logins == []


async def test_an_address_adds_no_header(server: MailServer, tmp_path: Path) -> None:
    wicked = Mail("ada@example.com\r\nBcc: eve@example.com", "x", "x")
    for mailing in (mailer(server), LogMailer(tmp_path)):
        with pytest.raises(MailRefused):
            await mailing.send(wicked)
    assert server.mails == []


async def test_without_a_server_a_mail_is_written_for_the_operator_alone(tmp_path: Path) -> None:
    await LogMailer(tmp_path / "mail").send(MAIL)
    (path,) = (tmp_path / "mail").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert "after a dot" in path.read_text()
    (tmp_path / "file").write_text("")
    with pytest.raises(MailerUnavailable):
        await LogMailer(tmp_path / "file").send(MAIL)


@pytest.mark.parametrize("url", ["http://host", "smtp://", "host"])
def test_what_names_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="smtp://"):
        SmtpMailer(url, "rag@example.com", 5.0)
