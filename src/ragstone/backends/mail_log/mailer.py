"""The `Mailer` port without a mail server: an operator finds the mail in the data folder, and passes it on."""

import asyncio
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import structlog

from ragstone.kit.files import write_private
from ragstone.kit.ids import new_id
from ragstone.ports.mailer import Mail, MailerUnavailable, MailRefused

_log = structlog.get_logger(__name__)


class LogMailer:
    """Writes each mail to a file that the server's user alone can read. The log says where it is, not what it says."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, mail: Mail) -> None:
        """Write the mail down. Raises `MailerUnavailable`, `MailRefused`."""
        message = EmailMessage(SMTP)
        try:
            message["To"], message["Subject"] = mail.to, mail.subject
            message.set_content(mail.text)
        except ValueError as error:
            raise MailRefused(reason=str(error)) from error
        path = self._folder / f"{new_id('mail')}.eml"
        try:
            await asyncio.to_thread(self._write, path, message.as_bytes())
        except OSError as error:
            raise MailerUnavailable(reason=error.strerror or str(error)) from error
        _log.info("no mail server is set up: a mail was written to a file", path=str(path))

    def _write(self, path: Path, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, content)
