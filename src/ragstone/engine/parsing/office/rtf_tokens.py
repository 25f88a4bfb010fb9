"""The marks of Rich Text Format (specification 1.9.1): braces, control words, bytes of text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

_TOKEN: Final = re.compile(
    rb"\\bin(?P<bin>\d{1,10}) ?"
    rb"|\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?"
    rb"|\\'(?P<hex>[0-9a-fA-F]{2})"
    rb"|\\(?P<symbol>[^a-zA-Z])"
    rb"|(?P<brace>[{}])"
    rb"|(?P<text>[^\\{}\r\n]+)"
)


class Mark(Enum):
    """What a token is."""

    OPEN = "{"
    CLOSE = "}"
    WORD = "word"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Token:
    """`name` of a control word or sign with its `number`, or the `raw` bytes of text in some code page."""

    mark: Mark
    name: str = ""
    number: int | None = None
    raw: bytes = b""


def iter_tokens(content: bytes) -> Iterator[Token]:
    """The tokens of a file; line ends mean nothing, and binary data is left out."""
    position = 0
    while match := _TOKEN.search(content, position):
        position = match.end()
        if match["bin"]:
            position += int(match["bin"])
        elif match["word"]:
            number = match["number"]
            yield Token(Mark.WORD, match["word"].decode(), int(number) if number else None)
        elif match["hex"]:
            yield Token(Mark.TEXT, raw=bytes.fromhex(match["hex"].decode()))
        elif match["symbol"]:
            yield Token(Mark.WORD, match["symbol"].decode("latin-1"))
        elif match["brace"]:
            yield Token(Mark.OPEN if match["brace"] == b"{" else Mark.CLOSE)
        else:
            yield Token(Mark.TEXT, raw=match["text"])
