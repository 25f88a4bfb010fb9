"""The `Mailer` port over SMTP (RFC 5321): a connection for each mail, encrypted unless one says otherwise."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib

from ragstone.kit.resilience.breaker import Breaker, CircuitOpen
from ragstone.kit.resilience.retry import RetryPolicy, TransientError
from ragstone.ports.mailer import Mail, MailerUnavailable, MailRefused

SCHEMES: Final = {"smtp": 587, "smtps": 465, "smtp+insecure": 25}
"""Ways to speak to a server, with their ports: encrypted once connected (STARTTLS), from the start, or not at all."""

_FAILED_FOR_GOOD: Final = 500


class SmtpMailer:
    """Sends through one server. Raises `ValueError` for a URL that names none."""

    def __init__(self, url: str, sender: str, timeout_s: float, policy: RetryPolicy | None = None) -> None:
        self._server = _server_of(url)
        self._sender = sender
        self._timeout_s = timeout_s
        self._policy = policy or RetryPolicy(attempts=3, deadline_s=3 * timeout_s)
        self.breaker: Final = Breaker("mail")

    async def send(self, mail: Mail) -> None:
        """Hand a mail over; trouble that may pass is tried again. Raises `MailerUnavailable`, `MailRefused`."""
        message = self._message(mail)
        try:
            await self._policy.run(lambda: self._guarded(message))
        except CircuitOpen as refused:
            raise MailerUnavailable(reason=str(refused), retry_after_s=refused.retry_after_s) from refused
        except TransientError as error:
            raise MailerUnavailable(reason=str(error)) from error

    async def _guarded(self, message: EmailMessage) -> None:
        with self.breaker.call(TransientError):
            await self._hand_over(message)

    async def _hand_over(self, message: EmailMessage) -> None:
        server = self._server
        try:
            await aiosmtplib.send(
                message,
                hostname=server.hostname,
                port=server.port or SCHEMES[server.scheme],
                username=unquote(server.username) if server.username else None,
                password=unquote(server.password) if server.password else None,
                use_tls=server.scheme == "smtps",
                start_tls=server.scheme == "smtp",
                timeout=self._timeout_s,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _verdict(error.recipients[0].code, str(error.recipients[0])) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _verdict(error.code, error.message) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise TransientError(str(error) or type(error).__name__) from error

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(SMTP)
        try:
            message["From"], message["To"], message["Subject"] = self._sender, mail.to, mail.subject
            message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=self._sender.rpartition("@")[2])
            message["Auto-Submitted"] = "auto-generated"
            message.set_content(mail.text)
        except ValueError as error:
            raise MailRefused(reason=str(error)) from error
        return message


def _verdict(code: int, reason: str) -> Exception:
    """What a reply means: 4xx may pass, 5xx does not."""
    return MailRefused(reason=f"{code} {reason}") if code >= _FAILED_FOR_GOOD else TransientError(f"{code} {reason}")


def _server_of(url: str) -> SplitResult:
    server = urlsplit(url)
    if server.scheme not in SCHEMES or not server.hostname:
        raise ValueError("a mail server is written smtp://user:password@host:port, or smtps://…")
    return server
