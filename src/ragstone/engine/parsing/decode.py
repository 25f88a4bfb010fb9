"""Bytes of a text file to characters: byte order mark, then UTF-16/32 by their zero bytes, then UTF-8, then a guess."""

import codecs
import re
import unicodedata
from typing import Final

from ragstone.engine.parsing.guess_encoding import guess_encoding
from ragstone.engine.parsing.problems import DocumentCorrupt

_BYTE_ORDER_MARKS: Final = (  # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES: Final = 4096
_CONTROLS: Final = bytes(set(range(0x20)) - set(b"\t\n\x0b\x0c\r\x1b"))
_MAX_CONTROL_SHARE: Final = 0.01
_ODD: Final = frozenset({"Cc", "Cn", "Co", "Cs"})
_WESTERN: Final = "cp1252"
_TO_JAPANESE: Final = re.compile(rb"\x1b\$[@B]")
_ONE_SIDED: Final = 0.95
_PAGE_CODEC: Final = re.compile(r"utf-8|ascii|cp\d+|iso8859|iso2022|koi8|mac|gb|big5|euc|shift_jis|tis")


def decode(content: bytes, media_type: str, declared: str | None = None) -> str:
    """The text of a file in whatever encoding it has; `declared` is the label the file itself gives, if any.

    Raises `DocumentCorrupt` if no encoding makes text of the bytes.
    """
    marked, stated = _marked_encoding(content), _page_codec(declared)
    shown = _wide_encoding(content[:_SAMPLE_BYTES]) or _escaped_encoding(content[:_SAMPLE_BYTES])
    # Many a program states Western European without asking, and next to no text in that is UTF-8 by chance.
    labelled = ("utf-8", stated) if stated == _WESTERN else (stated, "utf-8")
    for candidate in (marked, shown, *labelled):
        try:
            if candidate:
                return content.decode(candidate)
        except UnicodeDecodeError:
            continue
    encoding = marked or stated
    if encoding is None and not is_single_byte_text(content[:_SAMPLE_BYTES]):
        raise DocumentCorrupt(media_type=media_type)
    encoding = encoding or guess_encoding(content)
    return content.decode(encoding, errors="replace")  # One damaged character must not cost the reader the document.


def find_unicode_encoding(content: bytes) -> str | None:
    """The Unicode encoding that the first bytes show by a byte order mark or by where their zero bytes stand."""
    sample = content[:_SAMPLE_BYTES]
    wide = _wide_encoding(sample)
    return _marked_encoding(content) or (wide if wide and _reads_as_text(sample, wide) else None)


def is_single_byte_text(sample: bytes) -> bool:
    """Whether the bytes can be text in UTF-8 or a code page: such text has next to no control characters."""
    n_controls = len(sample) - len(sample.translate(None, delete=_CONTROLS))
    return n_controls <= _MAX_CONTROL_SHARE * len(sample)


def _marked_encoding(content: bytes) -> str | None:
    return next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), None)


def _escaped_encoding(sample: bytes) -> str | None:
    """Japanese in seven bits, as it was mailed: escape sequences switch between alphabets."""
    return "iso2022_jp" if _TO_JAPANESE.search(sample) and sample.isascii() else None


def _wide_encoding(sample: bytes) -> str | None:
    """Spaces, line ends and Latin letters have a zero byte on one side in UTF-16, and all text has one in UTF-32."""
    columns = [sample[offset::4].count(0) for offset in range(4)]
    n_zero = sum(columns)
    n_quads = len(sample) // 4
    if n_zero < 2:  # noqa: PLR2004 - one zero byte is dirt, not a pattern.
        return None
    if n_quads and columns[2] >= n_quads and columns[3] >= n_quads:
        return "utf-32-le"
    if n_quads and columns[0] >= n_quads and columns[1] >= n_quads:
        return "utf-32-be"
    if columns[1] + columns[3] >= _ONE_SIDED * n_zero:
        return "utf-16-le"
    if columns[0] + columns[2] >= _ONE_SIDED * n_zero:
        return "utf-16-be"
    return None


def _reads_as_text(sample: bytes, encoding: str) -> bool:
    """Whether next to none of the characters is a control, private or not assigned, as many would be in other data."""
    text = sample.decode(encoding, errors="replace")
    n_odd = sum(unicodedata.category(character) in _ODD or character == "\ufffd" for character in text)
    return n_odd - text.count("\n") - text.count("\r") - text.count("\t") <= 1 + _MAX_CONTROL_SHARE * len(text)


def _page_codec(label: str | None) -> str | None:
    """The codec for a charset label, if it is one that documents are written in.

    Python knows others that are slow or are no encoding at all, such as Punycode.
    """
    try:
        name = codecs.lookup((label or "").strip()).name
    except (LookupError, ValueError):
        return None
    # Browsers read these labels so, and so do the pages' authors (WHATWG Encoding Standard, section 4.2).
    name = "cp1252" if name in {"iso8859-1", "ascii"} else name
    return name if _PAGE_CODEC.match(name) else None
