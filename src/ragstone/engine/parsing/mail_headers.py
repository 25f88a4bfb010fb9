"""The head of a message: encoded words, addresses, dates, however malformed."""

import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_tz
from typing import Final

import numpy as np

from ragstone.engine.parsing.canonical import canonical_text
from ragstone.engine.parsing.decode import decode
from ragstone.engine.parsing.problems import DocumentCorrupt

MALFORMED: Final = (LookupError, ValueError, TypeError, AttributeError, RecursionError)
"""What Python's mail package stumbles over in malformed messages."""

_MAIL: Final = "message/rfc822"
_MAX_CHARS: Final = 100_000  # Python decodes a header in a time that grows with the square of its length.
_DAY: Final = 24 * 60
_SURROGATE: Final = re.compile("[\udc80-\udcff]")


def header(message: Message, name: str) -> str:
    """A header on one line, its encoded words (RFC 2047) decoded."""
    return _decoded(_raw(message, name))


def _raw(message: Message, name: str) -> str:
    return next((str(value)[:_MAX_CHARS] for key, value in message.raw_items() if key.lower() == name), "")


def addresses(message: Message, name: str) -> tuple[str, ...]:
    """The addresses of a header as `Name <address>`."""
    raw = _raw(message, name)
    try:
        pairs = [(_decoded(person), _decoded(address)) for person, address in getaddresses([raw])]
    except MALFORMED:
        return (_decoded(raw),)
    return tuple(f"{person} <{address}>" if person else address for person, address in pairs if address)


def rfc3339(date: str) -> str:
    """A date of a mail header in RFC 3339; empty if it is none."""
    try:
        parts = parsedate_tz(date)
        if parts is None:
            return ""
        year, month, day, hour, minute, second, *_, offset_s = parts
        moment = np.datetime64(f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    except MALFORMED:
        return ""
    minutes = abs(offset_s or 0) // 60
    return (
        f"{moment}{'-' if (offset_s or 0) < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}" if minutes < _DAY else ""
    )


def _decoded(raw: str) -> str:
    """A header's text: bytes that are no ASCII come as lone surrogates, and words may be encoded in any code page."""
    octets = raw.encode("ascii", "surrogateescape") if raw.isascii() or _SURROGATE.search(raw) else raw.encode()
    text = decode(octets, _MAIL)
    try:
        pieces = decode_header(text)
        words = "".join(
            piece if isinstance(piece, str) else decode(piece, _MAIL, charset or "utf-8") for piece, charset in pieces
        )
    except (HeaderParseError, DocumentCorrupt, *MALFORMED):
        words = text
    return " ".join(canonical_text(words).split())


def attachment_name(part: Message) -> str:
    """The name that a part is sent under; empty if it has none."""
    try:
        return _decoded(part.get_filename() or "")
    except MALFORMED:
        return "unnamed"
