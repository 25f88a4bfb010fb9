"""The header that makes a browser save an answer instead of showing it (RFC 6266)."""

import re
from typing import Final
from urllib.parse import quote

_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff/\\:*?"<>|]')
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_LONGEST_BYTES: Final = 240
"""With room for what a browser adds, below the 255 bytes that file systems take."""

_ATTR_CHARS: Final = "!#$&+-.^_`|~"  # RFC 5987: what need not be encoded beside letters and digits.


def attachment(name: str) -> str:
    """The header's value for a file of this name, which may be in any script and come from anyone.

    Clients that know no UTF-8 get a name in ASCII. Nothing in it can end the header, leave the folder, hide its ending
    behind a change of direction, or name a device of Windows.
    """
    safe = _safe(name)
    ascii_name = re.sub(r"[^\x20-\x7e]", "_", safe).replace("%", "_")
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(safe, safe=_ATTR_CHARS)}"


def _safe(name: str) -> str:
    plain = _UNSAFE.sub("_", name).strip(" .") or "file"
    if _RESERVED.match(plain):
        plain = f"_{plain}"
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending.encode()) > _LONGEST_BYTES // 2:
        return _cut(plain, _LONGEST_BYTES)
    return _cut(stem, _LONGEST_BYTES - len(ending.encode()) - 1) + dot + ending


def _cut(text: str, most_bytes: int) -> str:
    return text.encode()[:most_bytes].decode(errors="ignore")
