"""The parser process: reads a file from its standard input, answers the document, and waits for the next.

It imports parsers and little else, knows no setting and no secret, and ends when its input does.
"""

import os
import sys
from collections.abc import Callable, Mapping
from typing import IO, Any, TypeAlias

from ragstone.engine.parsing.canonical import canonical_text
from ragstone.engine.parsing.detect import detect_type
from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.parse import ParseLimits, ParseOptions, parse
from ragstone.engine.parsing.pdf_images import draw_pages
from ragstone.engine.parsing.problems import DocumentTooLarge
from ragstone.features.ingestion.sandbox.confine import address_space_bytes, allow_cpu, confine
from ragstone.features.ingestion.sandbox.wire import (
    MAX_BLOCKS,
    MAX_METADATA,
    MAX_PIXELS_AT_ONCE,
    MAX_VALUE_CHARS,
    MAX_VALUES,
    OUT_OF_MEMORY_EXIT,
    PREFIX,
    document_sections,
    message,
    read_header,
)
from ragstone.kit.problem import Problem

Parse: TypeAlias = Callable[[bytes, str | None, ParseOptions], tuple[ParsedDocument, str]]
"""Content, media type, as far as known, and options to the document and its media type."""


def parse_file(content: bytes, media_type: str | None, options: ParseOptions) -> tuple[ParsedDocument, str]:
    """The document, and its type, detected where it is not given. Raises what `detect_type` and `parse` raise."""
    found = media_type or detect_type(content, options.filename)
    return parse(content, found, options), found


def serve(parse_function: Parse) -> None:
    """Answer requests until the input ends. Called as `child <pid of the parent> <memory_bytes>`."""
    parent_pid, memory_bytes = map(int, sys.argv[1:])
    requests, replies = _private_pipes()
    confine(parent_pid, memory_bytes)
    at_start_bytes = address_space_bytes()
    replies.write(message({"ready": True}))
    replies.flush()
    try:
        while prefix := requests.read(PREFIX.size):
            header_bytes, content_bytes = PREFIX.unpack(prefix)
            request = read_header(requests.read(header_bytes))
            allow_cpu(request["cpu_s"])
            content = requests.read(content_bytes)
            header, body = _draw(request, content) if "draw" in request else _answer(parse_function, request, content)
            header["grown_bytes"] = address_space_bytes() - at_start_bytes
            replies.write(message(header, sum(map(len, body))))
            replies.writelines(body)
            replies.flush()
    except MemoryError:
        os._exit(OUT_OF_MEMORY_EXIT)  # Nothing that needs memory can be relied on, an orderly end included.


def _private_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Input and output under other numbers, so that nothing a library reads or prints gets between the messages."""
    pipes = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return pipes


def _answer(
    parse_function: Parse, request: Mapping[str, Any], content: bytes
) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    limits = ParseLimits(**request["limits"])
    options = ParseOptions(limits, request["password"], request["filename"], page_texts=dict(request["page_texts"]))
    try:
        document, media_type = parse_function(content, request["media_type"], options)
        body = _body(document, limits)
    except MemoryError:
        raise
    except Problem as problem:
        return {"problem": problem.code, "facts": {name: _short(fact) for name, fact in problem.facts.items()}}, ()
    except Exception as error:  # noqa: BLE001 -- Whatever a parser raises must be told, or nobody would learn of it.
        return {"failure": type(error).__name__}, ()
    metadata = {_short(name): _short(value) for name, value in list(document.metadata.items())[:MAX_METADATA]}
    header = {
        "media_type": media_type,
        "title": _short(document.title),
        "metadata": metadata,
        "sections": [len(section) for section in body],
    }
    return header, body


def _draw(request: Mapping[str, Any], content: bytes) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    try:
        images = draw_pages(content, request["password"], request["draw"], MAX_PIXELS_AT_ONCE)
    except Problem:
        images = ()
    pages = [[image.number, image.width, image.height] for image in images]
    return {"pages": pages}, tuple(image.pixels for image in images)


def _body(document: ParsedDocument, limits: ParseLimits) -> tuple[bytes, ...]:
    if len(document.blocks) > MAX_BLOCKS:
        raise DocumentTooLarge(max_pages=limits.max_pages, max_chars=limits.max_chars)
    return document_sections(document)


def _short(value: Any) -> Any:
    """Texts made canonical and cut, lists of them too; other values as they are."""
    if isinstance(value, tuple):
        return [_short(item) for item in value[:MAX_VALUES]]
    return canonical_text(value)[:MAX_VALUE_CHARS] if isinstance(value, str) else value


if __name__ == "__main__":
    serve(parse_file)
