"""A client of the HTTP API: JSON in, JSON out, every error a `Problem` or the server's own `ProblemReceived`."""

import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, ClassVar, Final

import httpx2
import stamina

from ragstone.kit.problem import Kind, Problem
from ragstone.kit.problem_json import MEDIA_TYPE

_NDJSON: Final = "application/x-ndjson"
_PAGE: Final = 200
_BROKEN: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ReadError, httpx2.RemoteProtocolError)


class ServerUnreachable(Problem):
    """Nothing answers at the server's URL, or the connection broke."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "server_unreachable"


class ServerTooSlow(Problem):
    """The server did not answer in time."""

    kind: ClassVar[Kind] = Kind.TIMEOUT
    code: ClassVar[str] = "server_too_slow"


class AnswerUnexpected(Problem):
    """Something answers at the URL, but not as this API does."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "server_answer_unexpected"


class ProblemReceived(Exception):
    """The server's own problem, already in the caller's language. `body` is its `application/problem+json`."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.body = body
        super().__init__(f"{body['status']} {body['code']}: {body['detail']}")


class Api:
    """Calls to one server. Paths are those below the API's prefix."""

    def __init__(self, client: httpx2.AsyncClient, url: str) -> None:
        self._client = client
        self.url = url

    async def get(self, path: str, **params: Any) -> Any:
        """The JSON at a path. Tried again when the connection breaks. Parameters that are None are left out."""
        return self._json(await self._get(path, params))

    async def get_text(self, path: str, **params: Any) -> str:
        """The text at a path."""
        return (await self._get(path, params)).text

    async def iter_items(self, path: str, **params: Any) -> AsyncIterator[Any]:
        """All items of a list, page by page."""
        cursor: str | None = None
        while True:
            page = await self.get(path, limit=_PAGE, cursor=cursor, **params)
            for item in page["items"]:
                yield item
            cursor = page["next_cursor"]
            if cursor is None:
                return

    async def post(self, path: str, body: Any = None) -> Any:
        """Post JSON; the JSON that is answered."""
        with self._translated():
            return self._json(_checked(await self._client.post(path, json=body)))

    async def patch(self, path: str, body: Any) -> Any:
        """Send changes as JSON; the JSON that is answered."""
        with self._translated():
            return self._json(_checked(await self._client.patch(path, json=body)))

    async def put(self, path: str, body: Any) -> Any:
        """Put JSON in the place of what is at a path; the JSON that is answered."""
        with self._translated():
            return self._json(_checked(await self._client.put(path, json=body)))

    async def delete(self, path: str) -> None:
        """Delete what is at a path."""
        with self._translated():
            _checked(await self._client.delete(path))

    async def delete_for_job(self, path: str) -> Any:
        """Delete what is at a path; the job that does it."""
        with self._translated():
            return self._json(_checked(await self._client.delete(path)))["job"]

    async def upload(
        self, path: str, files: Sequence[tuple[str, BinaryIO]], fields: Mapping[str, str | list[str]]
    ) -> Any:
        """Send named files and form fields; files are read as they are sent."""
        parts = [("files", file) for file in files]
        with self._translated():
            return self._json(_checked(await self._client.post(path, files=parts, data=fields)))

    async def put_file(self, path: str, file: tuple[str, BinaryIO]) -> Any:
        """Put one named file in the place of what is at a path."""
        with self._translated():
            return self._json(_checked(await self._client.put(path, files=[("file", file)])))

    async def send_lines(self, path: str, content: AsyncIterable[bytes], **params: Any) -> Any:
        """Send a stream of records, one JSON object a line."""
        headers = {"Content-Type": _NDJSON}
        with self._translated():
            response = await self._client.post(path, content=content, params=params, headers=headers)
            return self._json(_checked(response))

    async def events(self, path: str, body: Any) -> AsyncIterator[tuple[str, Any]]:
        """Post JSON and follow the server-sent events: name and data of each, until the stream ends."""
        with self._translated():
            async with self._client.sse(path, method="POST", json=body) as source:
                if source.response.is_error:
                    await source.response.aread()
                _checked(source.response)
                async for event in source:
                    data: Any = event.json()
                    if event.event == "problem":
                        raise ProblemReceived(data)
                    yield event.event, data

    async def iter_lines(self, path: str, **params: Any) -> AsyncIterator[str]:
        """The lines of a text at a path, as they come."""
        given = {name: value for name, value in params.items() if value is not None}
        with self._translated():
            async with self._client.stream("GET", path, params=given) as response:
                if response.is_error:
                    await response.aread()
                async for line in _checked(response).aiter_lines():
                    yield line

    @stamina.retry(on=_BROKEN, attempts=3, timeout=15.0, wait_initial=0.1, wait_max=1.0)
    async def _get_once(self, path: str, params: Mapping[str, Any]) -> httpx2.Response:
        return await self._client.get(path, params=params)

    async def _get(self, path: str, params: Mapping[str, Any]) -> httpx2.Response:
        with self._translated():
            return _checked(
                await self._get_once(path, {name: value for name, value in params.items() if value is not None})
            )

    def _json(self, response: httpx2.Response) -> Any:
        try:
            return response.json()
        except ValueError as error:
            raise AnswerUnexpected(url=self.url, status=response.status_code) from error

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """A failure of the transport as a problem."""
        try:
            yield
        except _Strange as error:
            raise AnswerUnexpected(url=self.url, status=error.status) from error
        except httpx2.ConnectTimeout as error:
            raise ServerUnreachable(url=self.url, reason="no answer") from error
        except httpx2.TimeoutException as error:
            raise ServerTooSlow(url=self.url) from error
        except httpx2.TransportError as error:
            raise ServerUnreachable(url=self.url, reason=str(error) or type(error).__name__) from error


class _Strange(Exception):
    """An error that is no problem of ours, such as a proxy's page."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(str(status))


def _checked(response: httpx2.Response) -> httpx2.Response:
    """The response, if it is one of success."""
    if response.is_success:
        return response
    if response.headers.get("content-type", "").partition(";")[0] != MEDIA_TYPE:
        raise _Strange(response.status_code)
    raise ProblemReceived(response.json())
