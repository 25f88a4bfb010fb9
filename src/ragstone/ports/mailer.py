"""E-mail to users."""

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from ragstone.kit.problem import Kind, Problem


class MailerUnavailable(Problem):
    """The mail server did not take the mail, and may take it later."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "mailer_unavailable"


class MailRefused(Problem):
    """The mail server will not take the mail, however often it is asked."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "mail_refused"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one address, in plain text. The text may hold a secret, so it does not show when printed."""

    to: str
    subject: str
    text: str = field(repr=False)


class Mailer(Protocol):
    """Hands mails over to whoever delivers them."""

    async def send(self, mail: Mail) -> None:
        """Return once the mail was taken over. A line break in an address or a subject adds no header.

        Raises `MailerUnavailable`, `MailRefused`.
        """
        ...
