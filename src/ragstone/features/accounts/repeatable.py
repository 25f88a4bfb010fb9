"""Requests that may be sent again: the same `Idempotency-Key` gets the first answer, and nothing is done twice.

The answer is kept in the transaction that creates what was asked for. So there is no moment at which a killed server
has done the work and does not know it, and of two requests at the same time one loses its insert, and all it did.
Follows draft-ietf-httpapi-idempotency-key-header-07.
"""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import ClassVar, Final, TypeAlias, TypeVar

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from ragstone.features.accounts.answered_store import AlreadyAnswered, Answered, find_answered, insert_answered
from ragstone.kit import seal as kit_seal
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Scope
from ragstone.ports.runtime import Runtime

Result = TypeVar("Result")
View = TypeVar("View", bound=BaseModel)

Seal: TypeAlias = Callable[[AsyncConnection, Result], Awaitable[None]]
"""What a use case calls in its transaction with its result, last of all."""

Fingerprint: TypeAlias = Callable[[], Awaitable[str]]
"""A hash of the request's body; it may be called once the body has been read."""

REPLAYED: Final = "Idempotency-Replayed"
_SEALED: Final = "sealed:"
"""No answer begins so, as all are JSON objects."""

_PURPOSE: Final = "answered request"
KEY_PATTERN: Final = r"^[\x21-\x7e]{1,255}$"


class IdempotencyKeyReused(Problem):
    """The key was sent before with another request."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "idempotency_key_reused"


async def unsealed(connection: AsyncConnection, result: object) -> None:
    """The seal of a request without a key."""


class Repeatable:
    """One request, and the key it carries, if it does.

    An answer is given again to the caller who got it and to nobody else: another one may not be allowed to see it.
    """

    def __init__(self, runtime: Runtime, scope: Scope, request: Request, key: str | None) -> None:
        self._runtime = runtime
        self._scope = scope
        self._request = request
        self._key = key
        self._kept_under = hashlib.sha256(f"{scope.caller_id}\n{key}".encode()).hexdigest()

    async def answer(
        self,
        act: Callable[[Seal[Result]], Awaitable[Result]],
        view: Callable[[Result], View],
        *,
        status: int,
        fingerprint: Fingerprint | None = None,
        is_secret: bool = False,
    ) -> View | Response:
        """What `act` makes, or what was answered to the same request before. `fingerprint`: of the body, if not JSON.

        With `is_secret` the answer is kept sealed. Raises `IdempotencyKeyReused` and what `act` raises, after which the
        key is as if never used.
        """
        if self._key is None:
            return view(await act(unsealed))
        fingerprint_of = fingerprint or self._of_body

        async def seal(connection: AsyncConnection, result: Result) -> None:
            body = view(result).model_dump_json()
            kept = (
                _SEALED + b64encode(kit_seal.seal(self._runtime.pepper, _PURPOSE, self._kept_under, body)).decode()
                if is_secret
                else body
            )
            answered = Answered(await self._mark(fingerprint_of), status, kept)
            await insert_answered(connection, self._scope, self._kept_under, answered, self._runtime.clock.now())

        if (before := await self._before()) is None:
            try:
                return view(await act(seal))
            except AlreadyAnswered:
                before = await self._before()
        if before is None or before.fingerprint != await self._mark(fingerprint_of):
            raise IdempotencyKeyReused(key=self._key)
        return Response(self._opened(before.body), before.status, {REPLAYED: "true"}, "application/json")

    def _opened(self, body: str) -> str:
        """An answer as it was given. Raises `IdempotencyKeyReused` if its seal does not open any more."""
        if not body.startswith(_SEALED):
            return body
        sealed = b64decode(body.removeprefix(_SEALED))
        opened = kit_seal.unseal(self._runtime.pepper, _PURPOSE, self._kept_under, sealed)
        if opened is None:
            raise IdempotencyKeyReused(key=self._key)
        return opened

    async def _before(self) -> Answered | None:
        async with self._runtime.db.read(self._scope) as connection:
            return await find_answered(connection, self._scope, self._kept_under)

    async def _mark(self, fingerprint: Fingerprint) -> str:
        target = f"{self._request.method} {self._request.url.path}?{self._request.url.query}"
        return hashlib.sha256(f"{target}\n{await fingerprint()}".encode()).hexdigest()

    async def _of_body(self) -> str:
        return hashlib.sha256(await self._request.body()).hexdigest()


class DigestedBody:
    """A body that is hashed while it is read."""

    def __init__(self, pieces: AsyncIterable[bytes]) -> None:
        self._pieces = aiter(pieces)
        self._digest = hashlib.sha256()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._pieces:
            self._digest.update(piece)
            yield piece

    async def fingerprint(self) -> str:
        """The hash of all of it; what nobody has read yet is read."""
        async for _ in self:
            pass
        return self._digest.hexdigest()
