"""What every route starts from: the runtime, and the caller its credential proves."""

import asyncio
from dataclasses import replace
from typing import Annotated, ClassVar

from fastapi import Depends, Header, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from ragstone.features.accounts.api_keys import authenticate
from ragstone.features.accounts.origin import origin_of
from ragstone.features.accounts.repeatable import KEY_PATTERN, Repeatable
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Scope
from ragstone.ports.rate_limiter import Decision, Quota
from ragstone.ports.runtime import Runtime

_bearer = HTTPBearer(auto_error=False, description="An API key (`rs_…`) as a bearer token.")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="The same key in a header of its own.")


class RateLimited(Problem):
    """The key has asked too much in too short a time."""

    kind: ClassVar[Kind] = Kind.RATE_LIMITED
    code: ClassVar[str] = "rate_limited"


def runtime_of(request: Request) -> Runtime:
    """The ports of this process."""
    runtime: Runtime = request.app.state.runtime
    return runtime


def locale_of(request: Request) -> str:
    """The language the caller reads."""
    locale: str = request.state.locale
    return locale


def closing_of(request: Request) -> asyncio.Event:
    """Set once the server has been told to end."""
    closing: asyncio.Event = request.app.state.closing
    return closing


Ports = Annotated[Runtime, Depends(runtime_of)]
Closing = Annotated[asyncio.Event, Depends(closing_of)]
Locale = Annotated[str, Depends(locale_of)]


async def caller_of(
    request: Request,
    runtime: Ports,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None,
    header: Annotated[str | None, Security(_header)] = None,
) -> Scope:
    """The scope of the request's credential, within its limit.

    Raises `CredentialMissing`, `CredentialInvalid`, `RateLimited`.
    """
    secret = bearer.credentials if bearer else header
    scope = await authenticate(runtime.db, runtime.pepper, secret)
    scope = replace(scope, origin=origin_of(request, scope.caller_id))
    request.state.scope = scope
    await _limit(request, runtime, scope)
    return scope


Caller = Annotated[Scope, Depends(caller_of)]


def repeatable_of(
    request: Request,
    runtime: Ports,
    caller: Caller,
    idempotency_key: Annotated[
        str | None, Header(pattern=KEY_PATTERN, description="Send the same key again to get the first answer again.")
    ] = None,
) -> Repeatable:
    """The request with its key."""
    return Repeatable(runtime, caller, request, idempotency_key)


Once = Annotated[Repeatable, Depends(repeatable_of)]


async def _limit(request: Request, runtime: Runtime, scope: Scope) -> None:
    limits = runtime.settings.limits
    if not limits.enabled:
        return
    quota = Quota(limits.per_minute, limits.burst)
    decision = await runtime.limiter.hit(f"{scope.tenant_id}/{scope.caller_id}", quota)
    request.state.limit_headers = _headers(decision)
    if not decision.allowed:
        raise RateLimited(retry_after_s=round(decision.retry_after_s, 3), limit=decision.limit)


def _headers(decision: Decision) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(decision.limit),
        "RateLimit-Remaining": str(decision.remaining),
        "RateLimit-Reset": str(max(0, round(decision.reset_after_s))),
    }
