"""An embeddings server on a real socket that misbehaves on command."""

import asyncio
import base64
import contextlib
import hashlib
import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

Vector = list[float]


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def texts(self) -> list[str]:
        return list(self.body["input"])


@dataclass(frozen=True)
class Answer:
    """What is sent back: a body as JSON or as it is; `after` is waited for, `cuts` ends the connection instead."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    after: asyncio.Event | None = None
    cuts: bool = False

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Rule = Callable[[Asked], Answer | None]


def refuse(message: str, status: int = 400, code: str | None = None, **headers: str) -> Answer:
    """An error as OpenAI tells it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"error": {"message": message, "type": "error", "code": code}}, named)


class EmbeddingServer:
    """Answers with hashed words, not normalised. The next of `script` comes first, then the first rule that answers."""

    def __init__(self, dimensions: int = 16) -> None:
        self.dimensions = dimensions
        self.script: deque[Answer] = deque()
        self.rules: list[Rule] = []
        self.asked: list[Asked] = []
        self._came = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def texts(self) -> list[list[str]]:
        return [asked.texts for asked in self.asked]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, on the port of before if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse connections from now on, and end those there are."""
        if self._server:
            self._server.close()
            for writer in list(self._writers):
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def was_asked(self, times: int) -> None:
        """Wait until that many requests have come in."""
        async with asyncio.timeout(30), self._came:
            await self._came.wait_for(lambda: len(self.asked) >= times)

    def embedding(self, text: str) -> Vector:
        """Three times as long as a unit vector."""
        vector = np.full(self.dimensions, 1e-3)
        for word in text.lower().split():
            vector[hashlib.sha256(word.encode()).digest()[0] % self.dimensions] += 1
        return [float(number) for number in 3 * vector / np.linalg.norm(vector)]

    def good(self, asked: Asked) -> Answer:
        """What a server in good health answers."""
        data = [
            {"object": "embedding", "index": index, "embedding": self._written(asked, self.embedding(text))}
            for index, text in enumerate(asked.texts)
        ]
        words = sum(len(text.split()) for text in asked.texts)
        return Answer(body={"object": "list", "data": data, "usage": {"prompt_tokens": words, "total_tokens": words}})

    def _written(self, asked: Asked, vector: Vector) -> Vector | str:
        if asked.body.get("encoding_format") != "base64":
            return vector
        return base64.b64encode(np.array(vector, dtype="<f4").tobytes()).decode()

    def _answer(self, asked: Asked) -> Answer:
        if self.script:
            return self.script.popleft()
        return next((answer for rule in self.rules if (answer := rule(asked))), None) or self.good(asked)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = [line.partition(": ") for line in head.splitlines()[1:] if line]
        headers = {name.lower(): value for name, _, value in lines}
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        asked = Asked(headers, body)
        async with self._came:
            self.asked.append(asked)
            self._came.notify_all()
        answer = self._answer(asked)
        if answer.cuts:
            return False
        if answer.after:
            await answer.after.wait()
        told = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        length = f"content-length: {len(answer.content)}\r\n"
        writer.write(f"HTTP/1.1 {answer.status} X\r\n{length}{told}\r\n".encode() + answer.content)
        await writer.drain()
        return True


def refusing(word: str, answer: Answer) -> Rule:
    """Gives the answer to whatever contains a word."""
    return lambda asked: answer if any(word in text for text in asked.texts) else None


def no_longer_than(words: int, answer: Answer) -> Rule:
    """Gives the answer where a text has more words."""
    return lambda asked: answer if any(len(text.split()) > words for text in asked.texts) else None


def no_more_than(inputs: int, answer: Answer) -> Rule:
    """Gives the answer where there are more texts."""
    return lambda asked: answer if len(asked.texts) > inputs else None


def items(vectors: Sequence[object], indices: Sequence[int | None]) -> Answer:
    """A reply with the given vectors, each with its index if that is not None."""
    data: list[dict[str, object]] = []
    for vector, index in zip(vectors, indices, strict=True):
        data.append({"embedding": vector} | ({} if index is None else {"index": index}))
    return Answer(body={"data": data})
