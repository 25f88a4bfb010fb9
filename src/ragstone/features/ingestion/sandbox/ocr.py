"""Reads writing from pictures with tesseract, if it is installed, in a process as confined as the parser's."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ragstone.engine.parsing.canonical import canonical_text
from ragstone.engine.parsing.pdf_images import PageImage

_CHILD: Final = (sys.executable, "-I", "-m", "ragstone.features.ingestion.sandbox.ocr_child")
_LIST_TIMEOUT_S: Final = 10.0
_MAX_TEXT_BYTES: Final = 100_000  # A page of a newspaper has a fifth of it.
_DIRECTION: Final = "osd"  # The model that tells how a page is turned.


@dataclass(frozen=True, slots=True)
class Tesseract:
    """Where tesseract is, and what it knows: `languages` to read, and whether it can tell how a page is turned."""

    program: Path
    languages: tuple[str, ...]
    finds_direction: bool


@dataclass(frozen=True, slots=True)
class Ocr:
    """What reads pictures, the most pages of a document it reads, and what one page may cost."""

    tesseract: Tesseract
    max_pages: int
    memory_bytes: int
    cpu_s: float
    wall_s: float


def find_tesseract(wanted: Iterable[str]) -> Tesseract | None:
    """Tesseract with those of the wanted languages that are installed; None without it, or without any of them."""
    program = shutil.which("tesseract")
    if program is None:
        return None
    try:
        told = subprocess.run(  # noqa: S603 -- It is the program the operator installed, with no outside input.
            [program, "--list-langs"], capture_output=True, text=True, timeout=_LIST_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    installed = set(told.stdout.split())
    languages = tuple(language for language in wanted if language in installed)
    return Tesseract(Path(program).resolve(), languages, _DIRECTION in installed) if languages else None


async def read_image(ocr: Ocr, image: PageImage) -> str:
    """The text of a picture; empty where there is none, and where tesseract fails or takes more than it may."""
    tesseract = ocr.tesseract
    mode = "1" if tesseract.finds_direction else "3"
    command = (
        *_CHILD,
        *(str(os.getpid()), str(ocr.memory_bytes), str(ocr.cpu_s)),
        *(str(tesseract.program), "stdin", "stdout", "-l", "+".join(tesseract.languages), "--psm", mode),
    )
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        cwd="/",
        env={"LANG": "C.UTF-8", "OMP_THREAD_LIMIT": "1"},
        start_new_session=True,
    )
    head = b"P5\n%d %d\n255\n" % (image.width, image.height)  # Portable graymap, the plainest format there is.
    try:
        async with asyncio.timeout(ocr.wall_s):
            text = await _exchange(process, head, image.pixels)
            status = await process.wait()
    except (TimeoutError, OSError):
        return ""
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return canonical_text(text.decode(errors="replace")).strip() if status == 0 else ""


async def _exchange(process: asyncio.subprocess.Process, *parts: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    for part in parts:
        process.stdin.write(part)
    await process.stdin.drain()
    process.stdin.close()
    text = b""
    while len(text) < _MAX_TEXT_BYTES and (piece := await process.stdout.read(_MAX_TEXT_BYTES - len(text))):
        text += piece
    return text
