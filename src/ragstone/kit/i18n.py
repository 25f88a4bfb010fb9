"""Messages in the caller's language, from the catalogues in `ragstone/locales`."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

LOCALES: Final = ("en", "ar")
DEFAULT_LOCALE: Final = "en"


@cache
def catalogue(locale: str) -> Mapping[str, str]:
    """All messages of one locale, by dotted key."""
    raw = resources.files("ragstone").joinpath("locales", f"{locale}.json").read_text("utf-8")
    messages: dict[str, str] = json.loads(raw)
    return messages


def message(key: str, locale: str = DEFAULT_LOCALE, /, **facts: object) -> str:
    """The message for `key`, its `{placeholders}` filled from `facts`.

    A key missing from `locale`, or a locale we have not, falls back to English; a fact the message does not name is
    ignored, and one it names but was not given is shown as a dash, as telling of trouble must not fail. Raises
    `KeyError` when no catalogue has the key.
    """
    known = locale if locale in LOCALES else DEFAULT_LOCALE
    template = catalogue(known).get(key) or catalogue(DEFAULT_LOCALE)[key]
    return template.format_map(_Facts({name: value for name, value in facts.items() if value is not None}))


class _Facts(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return "-"


def negotiate(accept_language: str | None) -> str:
    """The best locale we have for an `Accept-Language` header (RFC 9110, section 12.5.4)."""
    best, best_weight = DEFAULT_LOCALE, 0.0
    for part in (accept_language or "").split(","):
        tag, _, parameter = part.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        weight = _quality(parameter)
        if primary in LOCALES and weight > best_weight:
            best, best_weight = primary, weight
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
