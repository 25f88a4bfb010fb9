"""Uploads against a server that refuses one file: only that file is kept out."""

import asyncio
import io
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pytest_httpserver import HTTPServer
from rich.console import Console
from werkzeug import Request, Response

from ragstone.entry.cli.api import Api, ProblemReceived
from ragstone.entry.cli.files import Source
from ragstone.entry.cli.screen import Screen
from ragstone.entry.cli.upload import Outcome, upload

MEDIA_TYPE = "application/problem+json"


def _problem(status: int) -> Response:
    body = f'{{"title": "T", "detail": "D", "status": {status}, "code": "c", "request_id": "r"}}'
    return Response(body, status, content_type=MEDIA_TYPE)


def _picky(request: Request) -> Response:
    names = [file.filename for file in request.files.getlist("files")]
    if "bad.md" in names:
        return _problem(413)
    documents = ", ".join(f'{{"id": "{name}"}}' for name in names)
    return Response(f'{{"documents": [{documents}], "job": {{"id": "job"}}}}', 202, content_type="application/json")


async def _upload(server: HTTPServer, sources: list[Source]) -> Outcome:
    console = Console(file=io.StringIO())
    async with httpx2.AsyncClient(base_url=server.url_for("/api/v1")) as client:
        fields: dict[str, Any] = {"tags": ["a", "b"]}
        return await upload(
            Api(client, ""), "col", sources, fields, Screen(console, console, as_json=False, locale="en")
        )


async def test_only_the_file_that_is_refused_stays_out(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/v1/collections/col/documents").respond_with_handler(_picky)
    outcome = await _upload(httpserver, [Source.of_bytes(name, b"x") for name in ("a.md", "bad.md", "c.md")])
    assert [document["id"] for document in outcome.documents] == ["a.md", "c.md"]
    assert [(failure.name, failure.title, failure.detail) for failure in outcome.failures] == [("bad.md", "T", "D")]


async def test_a_file_that_cannot_be_opened_stays_out(httpserver: HTTPServer, tmp_path: Path) -> None:
    httpserver.expect_request("/api/v1/collections/col/documents").respond_with_handler(_picky)
    path = tmp_path / "gone.md"
    path.write_bytes(b"x")
    sources = [Source.of_path(path), Source.of_bytes("a.md", b"x")]
    await asyncio.to_thread(path.unlink)
    outcome = await _upload(httpserver, sources)
    assert [document["id"] for document in outcome.documents] == ["a.md"]
    assert [failure.name for failure in outcome.failures] == [str(path)]


async def test_a_refusal_of_the_caller_ends_the_upload(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/v1/collections/col/documents").respond_with_handler(lambda _: _problem(403))
    with pytest.raises(ProblemReceived):
        await _upload(httpserver, [Source.of_bytes("a.md", b"x"), Source.of_bytes("b.md", b"x")])
