"""What a file is, by its content; its name only settles what the content leaves open."""

import csv
import json
import re
from typing import Final

from ragstone.engine.parsing.decode import find_unicode_encoding, is_single_byte_text
from ragstone.engine.parsing.detect_binary import binary_type, magic_type
from ragstone.engine.parsing.media_types import text_type
from ragstone.engine.parsing.problems import DocumentCorrupt

_HEAD_BYTES: Final = 4096

_PROLOG: Final = r"\s*(?:(?:<\?[^>]*>|<!--.*?-->)\s*)*"
_HTML_PAGE: Final = re.compile(_PROLOG + r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_HTML_PIECE: Final = re.compile(
    _PROLOG
    + r"<(?:a|article|b|br|div|font|form|h[1-6]|iframe|main|meta|ol|p|script|section|span|style|table|title|ul)\b",
    re.IGNORECASE | re.DOTALL,
)
_CERTAIN: Final = (  # What is written so is nothing else, whatever its name.
    (_HTML_PAGE, "text/html"),
    (re.compile(r"\s*<\?xml\b|\s*<!DOCTYPE\s+[\w:.-]+\s*(?:\[|SYSTEM|PUBLIC)"), "application/xml"),
    (re.compile(r"WEBVTT(?:[ \t\r\n]|$)"), "text/vtt"),
    (re.compile(r"\s*\d+\s*\r?\n\d\d:\d\d:\d\d[,.]\d{3} --> \d\d:\d\d:\d\d"), "application/x-subrip"),
    (re.compile(r"From \S+ .*\d\d:\d\d.*\b\d{4}\b.*\r?\n>?[A-Za-z][A-Za-z-]*: "), "application/mbox"),
)
_HEADER: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]*):(?:[ \t].*)?(?:\r?\n[ \t].*)*(?:\r?\n|\Z)")
_MAIL_HEADERS: Final = frozenset({"date", "delivered-to", "from", "subject", "to"})
_WIRE_HEADERS: Final = frozenset({"content-transfer-encoding", "message-id", "mime-version", "received", "return-path"})
_MIN_MAIL_HEADERS: Final = 2
_JSON_BEGINS: Final = re.compile(r'\s*(?:\{\s*["}]|\[\s*[\[{])')
_MAX_JSON_BYTES: Final = 2**23  # A larger one has to be named so: to try all of it takes memory many times its size.
_MIN_ROWS: Final = 4
_MIN_COLUMNS: Final = 3


def detect_type(content: bytes, filename: str | None) -> str:
    """The media type of a file. XHTML counts as `text/html`, an empty file as `text/plain`; templates and documents
    with macros of Microsoft Office as the documents they are of.

    Raises `DocumentCorrupt` for bytes that are neither text nor any type that is known.
    """
    found = binary_type(content, filename)
    if found:
        return found
    head = content[:_HEAD_BYTES]
    encoding = find_unicode_encoding(head)
    if encoding is None and not is_single_byte_text(head):
        unread = magic_type(content)
        if unread is None:
            raise DocumentCorrupt(media_type="application/octet-stream")
        return unread
    text = head.decode(encoding or "utf-8", errors="replace").removeprefix("\ufeff")
    named = text_type(filename)
    return _certain_type(content, text, encoding) or named or _likely_type(text)


def _certain_type(content: bytes, text: str, encoding: str | None) -> str | None:
    for signature, media_type in _CERTAIN:
        if signature.match(text):
            return media_type
    return "message/rfc822" if _is_mail(text) else _json_type(content, text, encoding)


def _likely_type(text: str) -> str:
    if _HTML_PIECE.match(text):
        return "text/html"
    if _is_delimited(text, "\t"):
        return "text/tab-separated-values"
    return "text/csv" if any(_is_delimited(text, delimiter) for delimiter in ",;") else "text/plain"


def _is_mail(text: str) -> bool:
    """Whether the text begins with headers of which one is only found in mail, and others are found in all mail."""
    names = set()
    position = 0
    while header := _HEADER.match(text, position):
        names.add(header.group(1).lower())
        position = header.end()
    return bool(names & _WIRE_HEADERS) and len(names & _MAIL_HEADERS) >= _MIN_MAIL_HEADERS


def _json_type(content: bytes, text: str, encoding: str | None) -> str | None:
    """JSON is what reads as such: an object, a list of objects or lists, or lines of objects."""
    if len(content) > _MAX_JSON_BYTES or not _JSON_BEGINS.match(text):
        return None
    whole = content.decode(encoding or "utf-8", "replace").removeprefix("\ufeff").strip()
    first, _, rest = whole.partition("\n")
    if first.startswith("{") and rest.lstrip().startswith("{") and _is_json(first):
        return "application/x-ndjson"
    if not _is_json(whole):
        return None
    is_notebook = whole.startswith("{") and '"nbformat"' in whole and '"cells"' in whole
    return "application/x-ipynb+json" if is_notebook else "application/json"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_delimited(text: str, delimiter: str) -> bool:
    """Whether several lines split into equally many cells, none of which begins with a space as it would in prose."""
    lines = text.splitlines()[: -1 if len(text) >= _HEAD_BYTES else None]
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter, strict=True) if row]
    except csv.Error:
        return False
    widths = {len(row) for row in rows}
    is_prose = any(cell.startswith(" ") for row in rows for cell in row[1:])
    return len(rows) >= _MIN_ROWS and len(widths) == 1 and min(widths) >= _MIN_COLUMNS and not is_prose
