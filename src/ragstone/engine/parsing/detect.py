"""What a file is, by its content; its name only settles what the content leaves open."""

import re
from pathlib import PurePosixPath
from typing import Final

import puremagic

from ragstone.engine.parsing.decode import find_unicode_encoding, is_single_byte_text
from ragstone.engine.parsing.problems import DocumentTypeUnsupported

_HEAD_BYTES: Final = 4096
_PDF_MARK: Final = b"%PDF-"
_PDF_MARK_WITHIN: Final = 1024  # Readers look this far (PDF 1.7, appendix H.3, note 13).

_PROLOG: Final = r"\s*(?:(?:<\?[^>]*>|<!--.*?-->)\s*)*"
_HTML_PAGE: Final = re.compile(_PROLOG + r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_HTML_PIECE: Final = re.compile(
    _PROLOG
    + r"<(?:a|article|b|br|div|font|form|h[1-6]|iframe|main|meta|ol|p|script|section|span|style|table|title|ul)\b",
    re.IGNORECASE | re.DOTALL,
)
_TEXT_FORMATS: Final = (  # Formats that are written in text, but are not for reading as such.
    (re.compile(r"\s*<\?xml\b"), "application/xml"),
    (re.compile(r"\{\\rtf"), "application/rtf"),
    (re.compile(r"%!PS"), "application/postscript"),
)
_TYPE_BY_SUFFIX: Final = {
    ".htm": "text/html",
    ".html": "text/html",
    ".markdown": "text/markdown",
    ".md": "text/markdown",
    ".mdown": "text/markdown",
    ".mkd": "text/markdown",
    ".text": "text/plain",
    ".txt": "text/plain",
    ".xhtml": "text/html",
}


def detect_type(content: bytes, filename: str | None) -> str:
    """The media type of a file that can be parsed; XHTML counts as `text/html`, an empty file as `text/plain`.

    Raises `DocumentTypeUnsupported`, naming the type as well as it can be told.
    """
    if _PDF_MARK in content[:_PDF_MARK_WITHIN]:
        return "application/pdf"
    head = content[:_HEAD_BYTES]
    encoding = find_unicode_encoding(head)
    if encoding is None and not is_single_byte_text(head):
        raise DocumentTypeUnsupported(media_type=_magic_type(content), filename=filename)
    text = head.decode(encoding or "utf-8", errors="replace").removeprefix("\ufeff")
    if _HTML_PAGE.match(text):
        return "text/html"
    for signature, media_type in _TEXT_FORMATS:
        if signature.match(text):
            raise DocumentTypeUnsupported(media_type=media_type, filename=filename)
    named = _TYPE_BY_SUFFIX.get(PurePosixPath(filename or "").suffix.lower())
    return named or ("text/html" if _HTML_PIECE.match(text) else "text/plain")


def _magic_type(content: bytes) -> str:
    try:
        return puremagic.from_string(content, mime=True) or "application/octet-stream"
    except (puremagic.PureError, ValueError):
        return "application/octet-stream"
