"""A client that believes nothing: every answer has its headers, and everything that goes wrong is a problem."""

import json
import re
import time
from collections.abc import Generator, Iterator
from typing import Any, Self

import httpx2
from tests.journeys.server import KEY

PROBLEM_TYPE = "application/problem+json"
_OPTIONAL: dict[str, type | tuple[type, ...]] = {"errors": list, "retry_after_s": (int, float)}
_REQUIRED = {"type": str, "title": str, "status": int, "detail": str, "code": str, "request_id": str}
_JOB_TIMEOUT_S = 120.0
_POLL_S = 0.05
_FINAL = ("succeeded", "failed", "cancelled")


class Api:
    """The HTTP interface of one server, as one caller sees it."""

    def __init__(self, url: str, key: str | None = KEY) -> None:
        self.url = url
        headers = {"X-API-Key": key} if key else {}
        self.http = httpx2.Client(base_url=url, headers=headers, timeout=60, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def send(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """One request; the answer's form is checked whatever it says. Paths are below `/api/v1` unless they say so."""
        response = self.http.request(method, self._path(path), **options)
        assert response.headers["X-Request-ID"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        if response.is_error and response.request.url.path != "/health/ready":
            check_problem(response)
        return response

    def ok(self, method: str, path: str, **options: Any) -> Any:
        """The JSON body of an answer that has to be a success; None where there is no body."""
        response = self.send(method, path, **options)
        assert response.is_success, response.text
        return response.json() if response.content else None

    def problem(self, status: int, code: str, method: str, path: str, **options: Any) -> dict[str, Any]:
        """The problem that a request has to end in."""
        response = self.send(method, path, **options)
        assert (response.status_code, response.json().get("code")) == (status, code), response.text
        body: dict[str, Any] = response.json()
        return body

    def events(self, method: str, path: str, **options: Any) -> Generator[tuple[str, Any], None, None]:
        """Server-sent events as (name, data) while they come."""
        with self.http.stream(method, self._path(path), **options) as response:
            assert response.status_code == httpx2.codes.OK, response.read()
            assert response.headers["Content-Type"].startswith("text/event-stream")
            name = ""
            for line in response.iter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    yield name, json.loads(value)

    def pages(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """All items of a list, followed by its cursors."""
        while True:
            page = self.ok("GET", path, params=params)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            params["cursor"] = page["next_cursor"]

    def collection(self, name: str, **fields: Any) -> str:
        """The identifier of a new collection."""
        return str(self.ok("POST", "/collections", json={"name": name, **fields})["id"])

    def upload(self, collection_id: str, *files: tuple[str, bytes], **form: Any) -> Any:
        """The receipt for some files."""
        parts = [("files", file) for file in files]
        return self.ok("POST", f"/collections/{collection_id}/documents", files=parts, data=form)

    def ingest(self, collection_id: str, *documents: dict[str, Any]) -> Any:
        """The receipt for some texts, once they have been read."""
        body = {"collection_id": collection_id, "documents": list(documents)}
        receipt = self.ok("POST", "/ingest", json=body)
        self.finished(receipt["job"])
        return receipt

    def finished(self, job: dict[str, Any]) -> Any:
        """The job when it is over."""
        deadline = time.monotonic() + _JOB_TIMEOUT_S
        while job["status"] not in _FINAL:
            assert time.monotonic() < deadline, job
            time.sleep(_POLL_S)
            job = self.ok("GET", f"/jobs/{job['id']}")
        return job

    def idle(self) -> None:
        """Wait until no job is queued or running. One whose input was lost goes without being finished."""
        deadline = time.monotonic() + _JOB_TIMEOUT_S
        while any(self.ok("GET", "/jobs", params={"status": status})["items"] for status in ("queued", "running")):
            assert time.monotonic() < deadline
            time.sleep(_POLL_S)

    def wait_for_documents(self, collection_id: str) -> None:
        """Wait until a collection has documents, read or not."""
        while not self.ok("GET", "/documents", params={"collection_id": collection_id, "limit": 1})["items"]:
            time.sleep(_POLL_S)

    def search(self, query: str, **options: Any) -> Any:
        """The answer to a search."""
        return self.ok("POST", "/search", json={"query": query, **options})

    def found(self, query: str, **options: Any) -> list[str]:
        """Titles of the documents a search finds, best first."""
        return [hit["document_title"] for hit in self.search(query, **options)["results"]]

    def text(self, document_id: str, **params: int) -> bytes:
        """The canonical text of a document, or a slice of it."""
        response = self.send("GET", f"/documents/{document_id}/text", params=params)
        assert response.is_success, response.text
        return response.content

    def _path(self, path: str) -> str:
        return path if path.startswith(("/api/", "/health", "/docs", "/redoc", "/openapi")) else f"/api/v1{path}"


def check_problem(response: httpx2.Response) -> None:
    """One form for everything that goes wrong (RFC 9457), and nothing else in it."""
    assert response.headers["Content-Type"] == PROBLEM_TYPE, response.text
    body = response.json()
    assert set(body) - set(_OPTIONAL) == set(_REQUIRED), body
    for name, type_ in _REQUIRED.items():
        assert isinstance(body[name], type_), body
        assert body[name], body
    for name, kinds in _OPTIONAL.items():
        assert name not in body or isinstance(body[name], kinds), body
    assert body["status"] == response.status_code
    assert body["request_id"] == response.headers["X-Request-ID"]
    assert body["type"].endswith(body["code"])
    assert not re.search(r"{[a-z_]+}", body["title"] + body["detail"]), "a placeholder was not filled in"
    for error in body.get("errors", []):
        assert set(error) == {"pointer", "code", "detail"}, error
        assert error["pointer"].startswith("#"), error
