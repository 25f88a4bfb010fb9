"""One request to an embeddings server, and what its reply or its silence means."""

import asyncio
import re
from collections.abc import Sequence
from typing import Final

import httpx2

from ragstone.backends.embed_openai.failures import (
    ReplyUnusable,
    ServerDown,
    ServerFailed,
    TextsRefused,
    exhausted_for_s,
    failure_of,
)
from ragstone.backends.embed_openai.options import Options
from ragstone.backends.embed_openai.problems import EmbedderOutOfCredit, EmbedderUnreachable
from ragstone.backends.embed_openai.wire import Reply, ReplyInvalid, read_reply, request_body
from ragstone.kit.resilience.breaker import Breaker, CircuitOpen
from ragstone.kit.resilience.limits import AdaptiveLimit
from ragstone.ports.embedder import EmbedderUnavailable

PLAIN_TEXT: Final = "ready"
"""What any embedding model takes. If it is refused, nothing is wrong with other texts either."""

_FEW_BYTES: Final = 1 << 20
_BYTES_PER_VECTOR: Final = 1 << 18  # A vector of 8,192 numbers, written out in full.
_OK: Final = 200
_ABOUT_DIMENSIONS: Final = re.compile("dimension|matryoshka", re.IGNORECASE)
_LONGEST_PAUSE_S: Final = 60.0
_REFUSED_PAUSE_S: Final = 30.0
_OUT_OF_CREDIT_PAUSE_S: Final = 300.0


class Client:
    """Sends texts over connections of its own; `breaker` may be shared with other clients of the same server.

    A time-out bounds the whole exchange, not its parts, so that a server that drips is no better than a silent one.
    """

    def __init__(self, options: Options, breaker: Breaker, limit: AdaptiveLimit, timeout_s: float) -> None:
        self._options = options
        self._breaker = breaker
        self._limit = limit
        self._timeout_s = timeout_s
        self._dimensions = options.dimensions
        headers = {"Content-Type": "application/json"}
        if options.api_key:
            headers["Authorization"] = f"Bearer {options.api_key}"
        self._http = httpx2.AsyncClient(headers=headers, timeout=httpx2.Timeout(timeout_s))

    async def post(self, texts: Sequence[str]) -> Reply:
        """One vector for each text.

        Raises `TextsRefused` for what may be a text's fault, a `TransientError` for what may pass soon, and an
        `EmbedderUnavailable` for what will not.
        """
        # An internal error may be the fault of a text. Of the plainest one it is the server's own.
        is_plain = list(texts) == [PLAIN_TEXT]
        failures = (ServerDown, ServerFailed) if is_plain else (ServerDown,)
        try:
            with self._breaker.call(*failures):
                return await self._exchange(texts)
        except CircuitOpen as refused:
            if isinstance(refused.verdict, EmbedderUnavailable):
                raise type(refused.verdict)(**refused.verdict.facts) from None
            raise self.unreachable(str(refused), refused.retry_after_s) from None
        except EmbedderUnavailable as refusal:
            # It would be given again until somebody acts; asking all the same costs time, and may cost the account.
            is_out_of_credit = isinstance(refusal, EmbedderOutOfCredit)
            self._breaker.trip(refusal, _OUT_OF_CREDIT_PAUSE_S if is_out_of_credit else _REFUSED_PAUSE_S)
            raise

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def unreachable(self, reason: str, retry_after_s: float = 0.0) -> EmbedderUnreachable:
        """The problem of a server that does not answer."""
        facts = {"retry_after_s": round(retry_after_s, 1)} if retry_after_s else {}
        return EmbedderUnreachable(model=self._options.model, host=self._options.host, reason=reason, **facts)

    async def _exchange(self, texts: Sequence[str]) -> Reply:
        try:
            return await self._ask(texts, self._dimensions)
        except TextsRefused as refused:
            if not (self._dimensions and self._options.is_matryoshka and _ABOUT_DIMENSIONS.search(refused.reason)):
                raise
            self._dimensions = None  # What the server will not shorten is shortened here.
            return await self._ask(texts, None)

    async def _ask(self, texts: Sequence[str], dimensions: int | None) -> Reply:
        body = request_body(self._options, texts, dimensions)
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._http.stream("POST", self._options.url, content=body) as response,
            ):
                content = await _read(response, _FEW_BYTES + len(texts) * _BYTES_PER_VECTOR)
        except TimeoutError as error:
            raise ServerDown(f"no answer within {self._timeout_s:g} s") from error
        except httpx2.HTTPError as error:
            raise ServerDown(str(error) or type(error).__name__) from error
        if response.status_code != _OK:
            raise failure_of(self._options, response.status_code, response.headers, content)
        self._limit.pause(min(_LONGEST_PAUSE_S, exhausted_for_s(response.headers)))
        try:
            # A large reply takes long to read, and other requests must not wait for it.
            return await asyncio.to_thread(read_reply, content, len(texts))
        except ReplyInvalid as error:
            raise ReplyUnusable(f"the reply cannot be used: {error}") from error


async def _read(response: httpx2.Response, most_bytes: int) -> bytes:
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > most_bytes:
            raise ServerDown(f"the reply is longer than {most_bytes} bytes")
    return bytes(content)
