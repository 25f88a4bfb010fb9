"""A parser process whose parser does what the file name tells it to."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from ragstone.engine.parsing.document import Block, BlockKind, ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.problems import DocumentEncrypted
from ragstone.features.ingestion.sandbox.child import serve


def _loop() -> str:
    for number in count():
        if number < 0:
            break
    return ""


def _wait() -> str:
    time.sleep(3600)
    return ""


def _bomb() -> str:
    return "x" * sys.maxsize


def _leak(kept: list[bytes] = []) -> str:  # noqa: B006 -- It is meant to last.
    kept.append(bytes(300 * 2**20))
    return "leaked"


def _kill() -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


def _fault() -> str:
    return str(ctypes.string_at(0))


def _untidy() -> str:
    raise DocumentEncrypted(media_type="text/\0\ud800" + "x" * 10_000)


def _unreadable() -> str:
    raise DocumentEncrypted(media_type="text/plain")


def _bug() -> str:
    raise RecursionError


def _connect() -> str:
    return _refused(lambda: socket.create_connection(socket.create_server(("127.0.0.1", 0)).getsockname()))


def _write() -> str:
    return _refused(lambda: Path(f"/tmp/ragstone-{os.getpid()}").write_text("x"))  # noqa: S108 -- It must not work.


def _read() -> str:
    return _refused(lambda: Path(__file__).read_text())


def _start() -> str:
    return _refused(lambda: subprocess.run(["true"], check=True))


def _open_many() -> str:
    return _refused(lambda: [Path(os.devnull).open() for _ in range(100)])


def _refused(action: Callable[[], object]) -> str:
    try:
        action()
    except OSError as error:
        return f"refused: {error.errno}"
    return "allowed"


def _print() -> str:
    os.write(1, b"x" * 100_000)
    os.read(0, 1000)
    return "printed"


_DEEDS: dict[str, Callable[[], str]] = {
    "bomb": _bomb,
    "bug": _bug,
    "connect": _connect,
    "environment": lambda: " ".join(os.environ),
    "exit": lambda: os._exit(3),
    "fault": _fault,
    "kill": _kill,
    "leak": _leak,
    "long": lambda: "x" * 2000,
    "loop": _loop,
    "open many": _open_many,
    "pid": lambda: str(os.getpid()),
    "print": _print,
    "read": _read,
    "start": _start,
    "unreadable": _unreadable,
    "untidy": _untidy,
    "wait": _wait,
    "write": _write,
}


def misbehave(content: bytes, media_type: str | None, options: ParseOptions) -> tuple[ParsedDocument, str]:
    deed = _DEEDS.get(options.filename or "")
    text = (
        deed()
        if deed
        else f"{content[:10].decode()} of {len(content)}, {media_type}, {options.limits}, {options.password}"
    )
    return ParsedDocument(text, (Block(BlockKind.PARAGRAPH, 0, len(text)),)), "text/plain"


if __name__ == "__main__":
    serve(misbehave)
