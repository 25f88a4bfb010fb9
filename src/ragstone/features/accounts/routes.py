"""What every route starts from: the runtime, and the caller its credential proves."""

import asyncio
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Header, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from ragstone.features.accounts.api_keys import CredentialInvalid, CredentialMissing
from ragstone.features.accounts.credentials import Proof
from ragstone.features.accounts.identity import Identity
from ragstone.features.accounts.limits import Asked, Limits, headers
from ragstone.features.accounts.origin import origin_of
from ragstone.features.accounts.quotas.meter import RequestMeter
from ragstone.features.accounts.repeatable import KEY_PATTERN, Repeatable
from ragstone.kit.scope import Origin, Scope
from ragstone.ports.rate_limiter import Decision
from ragstone.ports.runtime import Runtime

_bearer = HTTPBearer(auto_error=False, description="An access token, or an API key (`rs_…`).")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key in a header of its own.")
_service = APIKeyHeader(
    name="X-Service-Token",
    auto_error=False,
    description="A token of the settings, for services of the operator. It counts where no other credential is sent.",
)


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


def asked_of(request: Request) -> Asked:
    """Where the request comes from, and its class."""
    return Asked(request.client.host if request.client else "", request.state.route_class)


def limits_of(request: Request) -> Limits:
    """The limits of the process, which are told with the response."""
    runtime = runtime_of(request)

    def tell(decision: Decision) -> None:
        request.state.limit_headers = headers(decision)

    return Limits(runtime.limiter, runtime.settings.limits, tell)


def identity_of(request: Request) -> Identity:
    """What proves who callers are."""
    identity: Identity = request.app.state.identity
    return identity


async def visitor_of(request: Request) -> Origin:
    """What a route without a credential depends on: where the request comes from, within the limits of the address.

    Raises `RateLimited`.
    """
    await limits_of(request).take_unknown(asked_of(request))
    return origin_of(request)


def meter_of(request: Request) -> RequestMeter:
    """What counts the requests of tenants in this process."""
    meter: RequestMeter = request.app.state.meter
    return meter


Ports = Annotated[Runtime, Depends(runtime_of)]
Identified = Annotated[Identity, Depends(identity_of)]
Visiting = Annotated[Origin, Depends(visitor_of)]
Closing = Annotated[asyncio.Event, Depends(closing_of)]
Meter = Annotated[RequestMeter, Depends(meter_of)]
Locale = Annotated[str, Depends(locale_of)]


async def caller_of(
    request: Request,
    runtime: Ports,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None,
    header: Annotated[str | None, Security(_header)] = None,
    service: Annotated[str | None, Security(_service)] = None,
) -> Scope:
    """The scope of the request's credential, within its limits.

    Raises `CredentialMissing`, `CredentialInvalid`, `TenantSuspended`, `RateLimited`, `QuotaExceeded`, `ServerBusy`.
    """
    limits, asked = limits_of(request), asked_of(request)
    await limits.look(asked)
    try:
        proof = await identity_of(request).credentials.prove(bearer.credentials if bearer else header, service)
    except CredentialMissing:
        await limits.take_unknown(asked)
        raise
    except CredentialInvalid:
        await limits.take_guess(asked)
        raise
    if proof.scope.caller_id.startswith("key_"):
        runtime.key_uses.note(proof.scope.caller_id, runtime.clock.now())
    scope = replace(proof.scope, origin=origin_of(request, proof.session_id or proof.scope.caller_id))
    request.state.scope, request.state.proof = scope, proof
    request.state.seat.belongs_to(scope)
    await limits.take(scope, asked)
    await meter_of(request).count(scope)
    return scope


Caller = Annotated[Scope, Depends(caller_of)]


def proof_of(request: Request, _caller: Caller) -> Proof:
    """What the credential proves beside the scope: the session it is of."""
    proof: Proof = request.state.proof
    return proof


Proven = Annotated[Proof, Depends(proof_of)]


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
