"""Starts, feeds and replaces the parser process. It trusts nothing that comes back."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits
from ragstone.engine.parsing.pdf_images import PageImage
from ragstone.features.ingestion.sandbox.ocr import Ocr
from ragstone.features.ingestion.sandbox.problems import (
    DocumentParserCrashed,
    DocumentParserOutOfMemory,
    DocumentParserTimeout,
    DocumentParserUnavailable,
)
from ragstone.features.ingestion.sandbox.reply import (
    ReplyInvalid,
    body_max_bytes,
    read_document,
    read_images,
    read_problem,
)
from ragstone.features.ingestion.sandbox.scans import pages_to_read, read_pages
from ragstone.features.ingestion.sandbox.wire import (
    MAX_PIXELS_AT_ONCE,
    MAX_VALUE_CHARS,
    OUT_OF_MEMORY_EXIT,
    PREFIX,
    message,
    read_header,
    read_prefix,
)
from ragstone.kit.problem import Problem

CHILD: Final = (sys.executable, "-I", "-m", "ragstone.features.ingestion.sandbox.child")
"""The command that starts the parser process; `-I` keeps it from the caller's folder, variables and site."""

_LIBRARY_PATH: Final = "LD_LIBRARY_PATH"  # Without it, some builds of Python do not start.
_PIECE_BYTES: Final = 2**20
_START_TIMEOUT_S: Final = 30.0
_EXIT_TIMEOUT_S: Final = 1.0
_MAX_GROWTH: Final = 1 / 4  # Of `memory_bytes`: what one document leaves behind, the next cannot use.

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What one document may cost. `wall_s` also counts waiting, so it should be well above `cpu_s`.

    `memory_bytes` is address space beyond what the parser process needs to start, and has to hold the file as well;
    `parse` holds inside the parser. A process reads at most `max_documents` one after another; 1 keeps every document
    from every other.
    """

    memory_bytes: int
    cpu_s: float
    wall_s: float
    parse: ParseLimits
    max_documents: int = 500


class _ParserKilled(DocumentParserOutOfMemory):
    """Killed from outside, most likely by a kernel short of memory, for which another process may be to blame."""


class ParserProcess:
    """An async context manager around one parser process, which is started anew whenever a document has cost it."""

    def __init__(self, limits: SandboxLimits, command: Sequence[str] = CHILD, ocr: Ocr | None = None) -> None:
        self._limits = limits
        self._ocr = ocr
        self._command = command
        self._one_at_a_time = asyncio.Lock()
        self._process: Process | None = None
        self._n_documents = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stop()

    async def parse(
        self, content: bytes, media_type: str | None = None, filename: str | None = None, password: str | None = None
    ) -> tuple[ParsedDocument, str]:
        """The document in `content` and its media type, which is detected unless given. Callers wait for each other.

        Where there is `ocr`, pages of a PDF without text are drawn and read, and the document is put together again.
        A parser that is killed from outside is not the document's fault until it happens with the same one again.

        Raises what `engine.parsing.detect.detect_type` and `engine.parsing.parse.parse` raise,
        `DocumentParserOutOfMemory`, `DocumentParserTimeout`, `DocumentParserCrashed` and `DocumentParserUnavailable`.
        """
        request: dict[str, Any] = {
            "media_type": media_type,
            "filename": filename and filename.encode(errors="replace").decode()[-MAX_VALUE_CHARS:],
            "password": password,
            "cpu_s": self._limits.cpu_s,
            "limits": asdict(self._limits.parse),
            "page_texts": [],
        }
        parsed = await self._ask(request, content, self._read)
        if self._ocr is not None and (unread := pages_to_read(parsed, self._ocr.max_pages)):
            draw = partial(self._draw, request, content)
            if page_texts := await read_pages(self._ocr, draw, unread):
                parsed = await self._ask({**request, "page_texts": list(page_texts.items())}, content, self._read)
        if isinstance(parsed, Problem):
            raise parsed
        return parsed

    async def _draw(self, request: Mapping[str, Any], content: bytes, numbers: Sequence[int]) -> tuple[PageImage, ...]:
        return await self._ask(
            {**request, "draw": list(numbers)}, content, lambda header, body: read_images(header, body, numbers)
        )

    async def _ask(self, request: Mapping[str, Any], content: bytes, read: Callable[[Any, bytes], T]) -> T:
        async with self._one_at_a_time:
            try:
                return await self._attempt(request, content, read)
            except _ParserKilled:
                return await self._attempt(request, content, read)

    async def _attempt(self, request: Mapping[str, Any], content: bytes, read: Callable[[Any, bytes], T]) -> T:
        process = await self._running()
        is_fit = False
        try:
            header, body = await self._exchange(process, request, content)
            answer = await asyncio.to_thread(read, header, body)
            is_fit = self._is_fit(header) and not isinstance(answer, DocumentParserCrashed)
        except ReplyInvalid as error:
            raise DocumentParserCrashed(cause=str(error)) from error
        finally:
            if not is_fit:
                await self._stop()
        return answer

    async def _running(self) -> Process:
        """The process, started if there is none. Raises `DocumentParserUnavailable`."""
        if self._process is not None and self._process.returncode is None:
            return self._process
        command = (*self._command, str(os.getpid()), str(self._limits.memory_bytes))
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                cwd="/",
                env=_environment(),
                start_new_session=True,
                limit=_PIECE_BYTES,
            )
            self._n_documents = 0
            async with asyncio.timeout(_START_TIMEOUT_S):
                await _receive(process, body_max=0)
        except (OSError, EOFError, ReplyInvalid) as error:
            await self._stop()
            raise DocumentParserUnavailable(cause=type(error).__name__) from error
        except asyncio.CancelledError:
            await self._stop()
            raise
        return process

    async def _exchange(
        self, process: Process, request: Mapping[str, Any], content: bytes
    ) -> tuple[dict[str, Any], bytes]:
        limits = self._limits
        try:
            async with asyncio.timeout(limits.wall_s):
                await _send(process, request, content)
                body_max = body_max_bytes(limits.parse.max_pages, limits.parse.max_chars)
                return await _receive(process, max(body_max, MAX_PIXELS_AT_ONCE))
        except TimeoutError as error:
            raise DocumentParserTimeout(cpu_s=limits.cpu_s, wall_s=limits.wall_s) from error
        except (OSError, EOFError) as error:
            raise await self._cause_of_death(process) from error

    def _read(self, header: Any, body: bytes) -> tuple[ParsedDocument, str] | Problem:
        limits = self._limits.parse
        return read_problem(header) or read_document(header, body, limits.max_pages, limits.max_chars)

    def _is_fit(self, header: Mapping[str, Any]) -> bool:
        """Whether the process may read another document."""
        self._n_documents += 1
        grown_bytes = header.get("grown_bytes")
        has_room = isinstance(grown_bytes, int) and grown_bytes <= _MAX_GROWTH * self._limits.memory_bytes
        return has_room and self._n_documents < self._limits.max_documents

    async def _cause_of_death(self, process: Process) -> Problem:
        limits = self._limits
        try:
            async with asyncio.timeout(_EXIT_TIMEOUT_S):
                status = await process.wait()
        except TimeoutError:
            return DocumentParserCrashed(cause="closed its output")
        if status == -signal.SIGKILL:
            return _ParserKilled(memory_bytes=limits.memory_bytes)
        if status == OUT_OF_MEMORY_EXIT:
            return DocumentParserOutOfMemory(memory_bytes=limits.memory_bytes)
        if status == -signal.SIGXCPU:
            return DocumentParserTimeout(cpu_s=limits.cpu_s, wall_s=limits.wall_s)
        return DocumentParserCrashed(cause=signal.Signals(-status).name if status < 0 else f"exit status {status}")

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _environment() -> dict[str, str]:
    """All the child knows of ours."""
    inherited = {_LIBRARY_PATH: path} if (path := os.environ.get(_LIBRARY_PATH)) else {}
    return {"LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", **inherited}


async def _send(process: Process, header: Mapping[str, Any], content: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(message(header, len(content)))
    view = memoryview(content)
    for start in range(0, len(content), _PIECE_BYTES):
        process.stdin.write(view[start : start + _PIECE_BYTES])
        await process.stdin.drain()


async def _receive(process: Process, body_max: int) -> tuple[dict[str, Any], bytes]:
    """The next message. Raises `ReplyInvalid`, or `EOFError` where the process ended in it."""
    assert process.stdout is not None
    prefix = await process.stdout.readexactly(PREFIX.size)
    try:
        header_bytes, body_bytes = read_prefix(prefix, body_max)
        header = read_header(await process.stdout.readexactly(header_bytes))
    except ValueError as error:
        raise ReplyInvalid(str(error)) from error
    return header, await process.stdout.readexactly(body_bytes)
