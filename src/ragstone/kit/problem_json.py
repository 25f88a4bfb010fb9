"""Problems on the wire: RFC 9457 `application/problem+json`, one shape for everything that goes wrong."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ragstone.kit.i18n import message
from ragstone.kit.problem import Kind, Problem

MEDIA_TYPE: Final = "application/problem+json"

STATUS: Final[Mapping[Kind, int]] = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED: 415,
    Kind.RATE_LIMITED: 429,
    Kind.UNAVAILABLE: 503,
    Kind.TIMEOUT: 504,
    Kind.INTERNAL: 500,
}


def problem_body(
    problem: Problem, locale: str, request_id: str, errors: Sequence[Mapping[str, str]] = ()
) -> dict[str, Any]:
    """The body for a problem, its text in the caller's language. `errors` point at single fields of the request."""
    body: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": message(f"problem.{problem.code}.title", locale, **problem.facts),
        "status": STATUS[problem.kind],
        "detail": message(f"problem.{problem.code}.detail", locale, **problem.facts),
        "code": problem.code,
        "request_id": request_id,
    }
    if errors or problem.parts:
        body["errors"] = [*errors, *_parts(problem, locale)]
    if "retry_after_s" in problem.facts:
        body["retry_after_s"] = problem.facts["retry_after_s"]
    return body


def _parts(problem: Problem, locale: str) -> list[dict[str, str]]:
    """What is wrong at each place of the request, in the form that validation has."""
    return [
        {
            "pointer": f"#{place}",
            "code": part.code,
            "detail": message(f"problem.{part.code}.detail", locale, **part.facts),
        }
        for place, part in problem.parts.items()
    ]


def stored_problem(error: Mapping[str, Any] | None, locale: str) -> dict[str, Any] | None:
    """A problem kept in a row (`code`, `kind`, `facts`), told in the caller's language."""
    if error is None:
        return None
    return {
        "code": error["code"],
        "title": message(f"problem.{error['code']}.title", locale, **error["facts"]),
        "detail": message(f"problem.{error['code']}.detail", locale, **error["facts"]),
    }
