"""Cursor pages: a cursor is the opaque position after the last item of a page."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from ragstone.kit.problem import Kind, Problem

Item = TypeVar("Item")


class CursorInvalid(Problem):
    """The cursor was not made by this server for this list."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "cursor_invalid"


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items of a list and where the next page begins."""

    items: tuple[Item, ...]
    next_cursor: str | None


def encode_cursor(*position: str | float) -> str:
    """The position as URL-safe text."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> tuple[str | float, ...]:
    """The position in `cursor`. Raises `CursorInvalid` unless it holds `length` plain values."""
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise CursorInvalid from error
    if not isinstance(position, list) or len(position) != length:
        raise CursorInvalid
    if not all(isinstance(part, str | int | float) for part in position):
        raise CursorInvalid
    return tuple(position)
