"""Types that their first bytes tell: PDF, archives, and office documents in ZIP and OLE containers."""

import io
import re
import zipfile
from typing import Final

import olefile
import puremagic

from ragstone.engine.parsing.media_types import DOCX, PPTX, XLSX, container_type
from ragstone.engine.parsing.zip_guard import BROKEN_STREAM

_PDF_MARK: Final = b"%PDF-"
_PDF_OBJECT: Final = b"endobj"  # Tells a file from a text about files.
_PDF_MARK_WITHIN: Final = 1024  # Readers look this far (PDF 1.7, appendix H.3, note 13).
_SIGNATURES: Final = (
    (_PDF_MARK, "application/pdf"),
    (b"{\\rtf", "application/rtf"),
    (b"\xffWPC", "application/vnd.wordperfect"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"%!PS", "application/postscript"),
)
_BZIP2: Final = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE: Final = olefile.MAGIC

_TAR_BLOCK: Final = 512
_TAR_CHECKSUM: Final = slice(148, 156)

_DIRECTORY_RECORD: Final = b"PK\x01\x02"
_MAX_ENTRIES: Final = 10_000
_PART_BYTES: Final = 2**18
_OOXML: Final = (
    (
        re.compile(rb"wordprocessingml\.(?:document|template)\.main|word\.(?:document|template)\.macro", re.IGNORECASE),
        DOCX,
    ),
    (
        re.compile(
            rb"presentationml\.(?:presentation|slideshow|template)\.main|ms-powerpoint\.\w+\.macro", re.IGNORECASE
        ),
        PPTX,
    ),
    (re.compile(rb"spreadsheetml\.(?:sheet|template)\.main|ms-excel\.(?:sheet|template)\.", re.IGNORECASE), XLSX),
)
_OOXML_FOLDERS: Final = (("word/", DOCX), ("ppt/", PPTX), ("xl/", XLSX))
_OPEN_DOCUMENT: Final = re.compile(rb"application/vnd\.oasis\.opendocument\.(?:text|spreadsheet|presentation)")

_OLE_STREAMS: Final = (
    ("EncryptedPackage", DOCX),
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
)
_OLE_UNKNOWN: Final = "application/x-ole-storage"
_MIN_CONFIDENCE: Final = 0.5


def binary_type(content: bytes, filename: str | None) -> str | None:
    """The type of a file that begins, or is built, as only that type is; None for texts and the unknown."""
    for signature, media_type in _SIGNATURES:
        if content.startswith(signature):
            return media_type
    if _BZIP2.match(content):
        return "application/x-bzip2"
    if content.startswith(_ZIP):
        return _zip_type(content, filename)
    if content.startswith(_OLE):
        return _ole_type(content, filename)
    if _is_tar(content):
        return "application/x-tar"
    return "application/pdf" if _PDF_MARK in content[:_PDF_MARK_WITHIN] and _PDF_OBJECT in content else None


def magic_type(content: bytes) -> str | None:
    """The type of a file that is not text and that no parser reads, such as a picture, if its first bytes tell."""
    try:
        best = puremagic.magic_string(content)[0]
    except (puremagic.PureError, ValueError, IndexError):
        return None
    return best.mime_type or None if best.confidence >= _MIN_CONFIDENCE else None


def _zip_type(content: bytes, filename: str | None) -> str:
    """By the parts that only one kind of document has; a broken file is what its name promises."""
    if content.count(_DIRECTORY_RECORD) > _MAX_ENTRIES:  # Cheap to count, dear to open: the parser will refuse it.
        return "application/zip"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            return _type_by_parts(file) or "application/zip"
    except (*BROKEN_STREAM, IndexError, KeyError, NotImplementedError, OverflowError, RuntimeError):
        return container_type(filename) or "application/zip"


def _type_by_parts(file: zipfile.ZipFile) -> str | None:
    names = file.NameToInfo.keys()
    if "mimetype" in names:
        stated = _part(file, "mimetype").strip()
        if stated.startswith(b"application/epub+zip"):
            return "application/epub+zip"
        if match := _OPEN_DOCUMENT.match(stated):
            return match.group().decode("ascii")
    if "[Content_Types].xml" in names:
        types = _part(file, "[Content_Types].xml")
        for pattern, media_type in _OOXML:
            if pattern.search(types):
                return media_type
        for folder, media_type in _OOXML_FOLDERS:
            if any(name.startswith(folder) for name in names):
                return media_type
    return "application/epub+zip" if "META-INF/container.xml" in names else None


def _part(file: zipfile.ZipFile, name: str) -> bytes:
    with file.open(name) as part:
        return part.read(_PART_BYTES)


def _ole_type(content: bytes, filename: str | None) -> str:
    """By the streams at its root. An encrypted package hides what is in it, so that its name has to tell."""
    named = container_type(filename)
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as file:
            found = next((media_type for stream, media_type in _OLE_STREAMS if file.exists(stream)), _OLE_UNKNOWN)
            is_hidden = file.exists("EncryptedPackage")
    except Exception:  # noqa: BLE001 - over a damaged file olefile raises anything at all.
        return named or _OLE_UNKNOWN
    return named if is_hidden and named in {DOCX, PPTX, XLSX} else found


def _is_tar(content: bytes) -> bool:
    """Whether the first block holds the sum of its own bytes, the field itself counted as spaces (POSIX ustar)."""
    block = content[:_TAR_BLOCK]
    stated = block[_TAR_CHECKSUM].strip(b" \0")
    if len(block) < _TAR_BLOCK or not stated.isdigit() or not block[0]:
        return False
    counted = sum(block) - sum(block[_TAR_CHECKSUM]) + 8 * ord(" ")
    return all(digit in b"01234567" for digit in stated) and int(stated, 8) == counted
