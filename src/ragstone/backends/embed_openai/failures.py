"""What a server's refusal means: come back, too long, not this text, or not before somebody acts."""

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

from ragstone.backends.embed_openai.options import Options
from ragstone.backends.embed_openai.problems import (
    EmbedderKeyRefused,
    EmbedderModelMissing,
    EmbedderOutOfCredit,
    EmbedderRefused,
)
from ragstone.kit.resilience.retry import TransientError
from ragstone.ports.embedder import EmbedderUnavailable

_LONGEST_REASON: Final = 300
_OUT_OF_CREDIT: Final = frozenset({"insufficient_quota", "billing_not_active", "billing_hard_limit_reached"})
_TOO_LONG: Final = re.compile(
    r"context (length|size|window)|maximum (input|context|sequence|allowed) ?(length|tokens|token count)?|too long"
    r"|too many tokens|input length|must have less than \d+ tokens|max_tokens_per_request|is too large to process"
    r"|exceeds? .*(token|length|context)|longer than",
    re.IGNORECASE,
)
_PASSING: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})
_NOT_A_NUMBER: Final = re.compile(r"unsupported value: (NaN|[+-]?Inf)", re.IGNORECASE)
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_RETRY_DELAY: Final = re.compile(r'"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"')


class ServerDown(TransientError):
    """The server cannot be reached, does not answer in time, or says that it is overloaded or being restarted."""


class ServerFailed(TransientError):
    """The server answered with an internal error; that may be its own fault or that of one of the texts."""


class ReplyUnusable(ServerFailed):
    """The reply is not one vector for each text."""


class Overrun(TransientError):
    """The server was asked too much."""


class TextsRefused(Exception):
    """The server will not take the texts as they are; it may take some of them, or shorter ones."""

    def __init__(self, reason: str, *, is_too_long: bool) -> None:
        self.reason = reason
        self.is_too_long = is_too_long
        super().__init__(reason)


def failure_of(options: Options, status: int, headers: Mapping[str, str], content: bytes) -> Exception:
    """The exception for a reply that is not 200."""
    text = content.decode("utf-8", "replace")
    message, code = _told(text, options)
    reason = f"{status}: {message}"
    if problem := _final(options, status, code, reason):
        return problem
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Overrun(reason, retry_after_s(headers) or _retry_delay_s(text))
    is_too_long = status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or _TOO_LONG.search(message) is not None
    is_about_texts = is_too_long or _NOT_A_NUMBER.search(message) is not None
    if is_about_texts or (status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _PASSING):
        return TextsRefused(reason, is_too_long=is_too_long)
    is_internal = status == HTTPStatus.INTERNAL_SERVER_ERROR
    return (ServerFailed if is_internal else ServerDown)(reason, retry_after_s(headers))


def _final(options: Options, status: int, code: str, reason: str) -> EmbedderUnavailable | None:
    """The problem that lasts until somebody acts, if it is one."""
    facts = {"model": options.model, "host": options.host, "reason": reason}
    if code in _OUT_OF_CREDIT or status == HTTPStatus.PAYMENT_REQUIRED:
        return EmbedderOutOfCredit(**facts)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return EmbedderKeyRefused(**facts)
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE}:
        return EmbedderModelMissing(**facts)
    return EmbedderRefused(**facts) if status < HTTPStatus.BAD_REQUEST else None


def retry_after_s(headers: Mapping[str, str]) -> float:
    """How long the server wants to be left alone; 0 if it does not say."""
    if milliseconds := _number(headers.get("retry-after-ms")):
        return milliseconds / 1000
    after = headers.get("retry-after", "")
    return duration_s(after) or _until_s(after, headers.get("date", "")) or exhausted_for_s(headers)


def exhausted_for_s(headers: Mapping[str, str]) -> float:
    """How long until there is something left again of a limit that is used up; 0 if none is."""
    return max(
        (
            duration_s(headers.get(f"x-ratelimit-reset-{limit}", ""))
            for limit in ("requests", "tokens")
            if headers.get(f"x-ratelimit-remaining-{limit}") == "0"
        ),
        default=0.0,
    )


def duration_s(text: str) -> float:
    """Seconds in a duration such as `6m0s`, `1s`, `120ms` or plain `20`; 0 if it is none."""
    if (seconds := _number(text)) is not None:
        return seconds
    parts = _DURATION.findall(text)
    is_whole = "".join(number + unit for number, unit in parts) == text
    return sum(float(number) * _SECONDS[unit] for number, unit in parts) if is_whole else 0.0


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def _until_s(moment: str, now: str) -> float:
    """Seconds between two HTTP dates, both by the server's clock."""
    try:
        return max(0.0, (parsedate_to_datetime(moment) - parsedate_to_datetime(now)).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def _retry_delay_s(text: str) -> float:
    """Google tells in the body."""
    match = _RETRY_DELAY.search(text)
    return float(match[1]) if match else 0.0


def _told(text: str, options: Options) -> tuple[str, str]:
    """What the server says in words, without the key it may repeat, and its code for it."""
    try:
        message, code = _message(json.loads(text))
    except ValueError:
        message, code = text, ""
    if options.api_key:
        message = message.replace(options.api_key, "…")
    return " ".join(message.split())[:_LONGEST_REASON] or "no reason given", code


def _message(body: Any) -> tuple[str, str]:
    match body:
        case [first, *_]:
            return _message(first)
        case {"error": dict() as error}:
            codes = [str(error[name]) for name in ("code", "type") if error.get(name)]
            code = next((code for code in codes if code in _OUT_OF_CREDIT), codes[0] if codes else "")
            return str(error.get("message", error)), code
        case {"error": str(message)} | {"message": str(message)} | {"detail": str(message)}:
            return message, str(body.get("code", body.get("error_type", "")))
        case _:
            return json.dumps(body, ensure_ascii=False), ""
