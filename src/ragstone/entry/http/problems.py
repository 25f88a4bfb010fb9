"""Every error of every route in one shape."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from ragstone.kit.problem import Kind, Problem
from ragstone.kit.problem_json import MEDIA_TYPE, STATUS, problem_body

_log = structlog.get_logger(__name__)


class ValidationFailed(Problem):
    """The request does not have the form the route asks for; `errors` point at what is wrong."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "validation_failed"


class BodyInvalid(Problem):
    """The body is not valid JSON or not a valid form."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "body_invalid"


class BodyTooLarge(Problem):
    """The body is larger than the server accepts."""

    kind: ClassVar[Kind] = Kind.TOO_LARGE
    code: ClassVar[str] = "body_too_large"


class RouteNotFound(Problem):
    """There is nothing at this path."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "route_not_found"


class MethodNotAllowed(Problem):
    """The path exists, but not for this method."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "method_not_allowed"


class HostNotAllowed(Problem):
    """The request is for a name this server does not go by."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "host_not_allowed"


class UrlTooLong(Problem):
    """The path and query are longer than the server accepts."""

    kind: ClassVar[Kind] = Kind.TOO_LARGE
    code: ClassVar[str] = "url_too_long"


class HeadersTooLarge(Problem):
    """There are more headers, or they are larger, than the server accepts."""

    kind: ClassVar[Kind] = Kind.TOO_LARGE
    code: ClassVar[str] = "headers_too_large"


class RequestTooSlow(Problem):
    """The request did not arrive in time."""

    kind: ClassVar[Kind] = Kind.TIMEOUT
    code: ClassVar[str] = "request_too_slow"


class InternalError(Problem):
    """A defect of ours. The log has the trace under the request id."""


_OWN_STATUS: Final[Mapping[type[Problem], int]] = {
    MethodNotAllowed: 405,
    RequestTooSlow: 408,
    UrlTooLong: 414,
    HostNotAllowed: 421,
    HeadersTooLarge: 431,
}


def install(app: FastAPI) -> None:
    """Answer everything that can be raised with a problem."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RecursionError, _on_deep_nesting)


def crash_response(request: Request, error: Exception) -> Response:
    """What a caller is told of a defect; everything else goes to the log."""
    _log.error("request crashed", path=request.url.path, exc_info=error)
    return respond(request, InternalError())


def respond(request: Request, problem: Problem, errors: list[dict[str, str]] | None = None) -> Response:
    """A problem as a response."""
    state = request.state
    body = problem_body(problem, state.locale, state.request_id, errors or ())
    headers = {"Content-Language": state.locale}
    if problem.kind is Kind.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after_s" in body:
        headers["Retry-After"] = str(max(1, round(body["retry_after_s"])))
    status = _OWN_STATUS.get(type(problem), STATUS[problem.kind])
    return JSONResponse({**body, "status": status}, status, headers, media_type=MEDIA_TYPE)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    if STATUS[error.kind] >= STATUS[Kind.INTERNAL]:
        _log.warning("problem", code=error.code, **error.facts)
    return respond(request, error)


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    details = list(_field_errors(error))
    if any(item["code"] == "json_invalid" for item in details):
        return respond(request, BodyInvalid(reason=details[0]["detail"]))
    return respond(request, ValidationFailed(first=details[0]["pointer"], reason=details[0]["detail"]), details)


def _field_errors(error: RequestValidationError) -> Iterator[dict[str, str]]:
    for item in error.errors():
        place, *path = item["loc"]
        steps = _pointed(error.body, path, item["type"]) if place == "body" else path
        prefix = "#" if place == "body" else f"#{place}"
        pointer = prefix + "".join(f"/{_escaped(step)}" for step in steps)
        yield {"pointer": pointer, "code": item["type"], "detail": item["msg"]}


def _pointed(body: Any, path: Sequence[str | int], code: str) -> Iterator[str | int]:
    """The steps of a validator's path that are in the body: it also names the form it tried, which is nowhere."""
    for number, step in enumerate(path):
        is_there = (isinstance(body, dict) and step in body) or (isinstance(body, list) and isinstance(step, int))
        if is_there:
            body = body[step]
        if is_there or (code == "missing" and number == len(path) - 1) or body is None:
            yield step


def _escaped(part: Any) -> str:
    """A step of a JSON pointer (RFC 6901)."""
    return str(part).replace("~", "~0").replace("/", "~1")


async def _on_deep_nesting(request: Request, _: Exception) -> Response:
    return respond(request, BodyInvalid(reason="nested too deeply"))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    by_status: dict[int, Problem] = {
        404: RouteNotFound(path=request.url.path),
        405: MethodNotAllowed(method=request.method, path=request.url.path),
        413: BodyTooLarge(limit_bytes=str(error.detail)),
    }
    return respond(request, by_status.get(error.status_code, BodyInvalid(reason=str(error.detail))))
