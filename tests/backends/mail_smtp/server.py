"""A small SMTP server (RFC 5321) that does what tests tell it."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


@dataclass
class MailServer:
    """Takes mails. `replies` are given to `MAIL FROM` one after another in place of its own; "" hangs up."""

    port: int = 0
    replies: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    connections: int = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line[:4].upper()
            reply = "250 ok"
            if verb == "EHLO":
                reply = "250-test\r\n250 AUTH PLAIN"
            elif verb == "AUTH":
                self.logins.append(base64.b64decode(line.split(" ")[2]).decode())
                reply = "235 ok"
            elif verb == "MAIL" and self.replies:
                reply = self.replies.pop(0)
                if not reply:
                    return
            elif verb == "DATA":
                writer.write(b"354 go on\r\n")
                self.mails.append((await reader.readuntil(b"\r\n.\r\n")).decode())
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                return
            writer.write(reply.encode() + b"\r\n")


@contextlib.asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    """One on a free port."""
    server = MailServer()
    listener = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    async with listener:
        yield server
