"""JSON from outside, read without guessing what was meant."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

MAX_DEPTH: Final = 100

_SUSPECT: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_NUL: Final = "a NUL character (\\u0000)"
_HALF: Final = "half of a surrogate pair (\\ud800 to \\udfff), which is no character"


class JsonInvalid(json.JSONDecodeError):
    """Why a text is not JSON that can be taken as it stands; `msg` is the whole reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, "", 0)


def parse_json(body: bytes) -> Any:
    """The value of a JSON text in UTF-8.

    Raises `JsonInvalid` also where other readers shrug: a key given twice, `NaN` and infinite numbers, nesting deeper
    than `MAX_DEPTH`, bytes that are not UTF-8, halves of surrogate pairs, NUL.
    """
    try:
        value = _DECODER.decode(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise JsonInvalid(f"not UTF-8: byte {error.start} cannot be read") from error
    except json.JSONDecodeError as error:
        raise JsonInvalid(str(error)) from error
    except RecursionError as error:
        raise JsonInvalid(_too_deep()) from error
    except ValueError as error:
        raise JsonInvalid(str(error)) from error
    # Each check walks the value only if the bytes leave the possibility open.
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise JsonInvalid(_too_deep())
    if _SUSPECT.search(body):
        for place, text in _texts(value):
            _check(place, text)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {json.dumps(twice)} is given twice in one object")
    return made


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _too_deep() -> str:
    return f"nested deeper than {MAX_DEPTH}"


def _depth(value: Any) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, dict | list):
            deepest = max(deepest, depth)
            waiting += [(child, depth + 1) for child in (item.values() if isinstance(item, dict) else item)]
    return deepest


def _texts(value: Any) -> Iterator[tuple[str, str]]:
    """Every text and key, with the JSON pointer to it."""
    waiting: list[tuple[str, Any]] = [("#", value)]
    while waiting:
        place, item = waiting.pop()
        if isinstance(item, str):
            yield place, item
        elif isinstance(item, dict):
            yield from ((place, key) for key in item)
            waiting += [(f"{place}/{key}", child) for key, child in item.items()]
        elif isinstance(item, list):
            waiting += [(f"{place}/{number}", child) for number, child in enumerate(item)]


def _check(place: str, text: str) -> None:
    if "\0" in text:
        raise JsonInvalid(f"{_NUL} at {place}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise JsonInvalid(f"{_HALF} at {place}") from error


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_constant)
