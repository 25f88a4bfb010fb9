"""Messages as Outlook keeps them (MS-OXMSG): properties in the streams of an OLE file, one storage a recipient,
attachment or message inside the message.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from email.parser import HeaderParser
from functools import partial
from io import BytesIO
from typing import Final, TypeAlias

import numpy as np
import olefile

from ragstone.engine.parsing.canonical import canonical_text
from ragstone.engine.parsing.decode import decode
from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.letters import Attachment, Letter, html_body, letter_metadata, plain_body, write_letter
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.mail_headers import rfc3339
from ragstone.engine.parsing.members import Members, ParseMember, inside
from ragstone.engine.parsing.packed_rtf import unpack_rtf
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentEmpty, DocumentHostile, DocumentTypeUnsupported
from ragstone.engine.parsing.text_writer import TextWriter

_MSG: Final = "application/vnd.ms-outlook"

# Property identifiers (MS-OXPROPS).
_SUBJECT: Final = 0x0037
_SUBMITTED: Final = 0x0039
_TRANSPORT_HEADERS: Final = 0x007D
_RECIPIENT_TYPE: Final = 0x0C15
_SENDER_NAME: Final = 0x0C1A
_SENDER_ADDRESSES: Final = (0x5D01, 0x0C1F)
_DISPLAY_TO: Final = 0x0E04
_DISPLAY_CC: Final = 0x0E03
_DELIVERED: Final = 0x0E06
_BODY: Final = 0x1000
_BODY_RTF: Final = 0x1009
_BODY_HTML: Final = 0x1013
_MESSAGE_ID: Final = 0x1035
_NAME: Final = 0x3001
_ADDRESSES: Final = (0x39FE, 0x3003)
_ATTACHMENT_DATA: Final = 0x3701
_ATTACHMENT_NAMES: Final = (0x3707, 0x3704, 0x3001)
_CODE_PAGES: Final = (0x3FDE, 0x3FFD)

_UNICODE: Final = 0x001F
_STRING: Final = 0x001E
_BINARY: Final = 0x0102
_TO: Final = 1
_CC: Final = 2
_STREAM: Final = "__substg1.0_"
_PROPERTIES: Final = "__properties_version1.0"
_EMBEDDED: Final = f"{_STREAM}{_ATTACHMENT_DATA:04X}000D"
_FIXED: Final = struct.Struct("<HHI8s")
_TOP_HEAD: Final = 32
_EMBEDDED_HEAD: Final = 24
_PART_HEAD: Final = 8
_EPOCH: Final = np.datetime64("1601-01-01T00:00:00")
_PER_SECOND: Final = 10**7
_MAX_MOMENT: Final = 2**62
_ISO_8859: Final = range(28591, 28606)

_Path: TypeAlias = tuple[str, ...]


def parse_outlook(content: bytes, options: ParseOptions, parse_member: ParseMember) -> ParsedDocument:
    """One message; attachments that cannot be read are named in the metadata `unread`.

    The plain body is shown, or the HTML or the RTF one where it is empty. Raises `DocumentCorrupt` for what is no such
    file, and what concerns all attachments.
    """
    options = inside(options, _MSG)
    writer = TextWriter(options.limits)
    members = Members(writer, options, parse_member)
    read_rtf = partial(_rtf_body, options=options, parse_member=parse_member)
    letter = _letter(_Storage(_streams(content), (), _TOP_HEAD), read_rtf, options.limits.max_nesting)
    write_letter(writer, letter, members)
    return writer.finish(letter.subject, letter_metadata(letter, members))


@dataclass(frozen=True, slots=True)
class _Storage:
    """One message, recipient or attachment: the streams below `path`."""

    streams: Mapping[_Path, bytes]
    path: _Path
    head_bytes: int

    def fixed(self, identifier: int) -> bytes | None:
        """The eight bytes of a property that fits into them."""
        table = self.streams.get((*self.path, _PROPERTIES), b"")[self.head_bytes :]
        entries = _FIXED.iter_unpack(table[: len(table) - len(table) % _FIXED.size])
        return next((value for _, found, _, value in entries if found == identifier), None)

    def number(self, identifier: int) -> int:
        """An integer; 0 if there is none."""
        return int.from_bytes((self.fixed(identifier) or b"")[:4], "little")

    def octets(self, identifier: int, kind: int = _BINARY) -> bytes:
        """The bytes of a property of any length."""
        return self.streams.get((*self.path, f"{_STREAM}{identifier:04X}{kind:04X}"), b"")

    def text(self, *identifiers: int) -> str:
        """The first of the properties that has a text."""
        return next(filter(None, map(self._text, identifiers)), "")

    def parts(self, prefix: str) -> list["_Storage"]:
        """The storages right below this one whose names begin so, in the order of their numbers."""
        depth = len(self.path)
        names = {path[depth] for path in self.streams if path[:depth] == self.path and len(path) > depth + 1}
        return [
            _Storage(self.streams, (*self.path, name), _PART_HEAD) for name in sorted(names) if name.startswith(prefix)
        ]

    def _text(self, identifier: int) -> str:
        if unicode := self.octets(identifier, _UNICODE):
            return canonical_text(unicode.decode("utf-16-le", "replace")).strip()
        return canonical_text(self.in_code_page(self.octets(identifier, _STRING))).strip()

    def in_code_page(self, octets: bytes) -> str:
        """Text in the message's own code page."""
        top = _Storage(self.streams, (), _TOP_HEAD)
        page = next(filter(None, map(top.number, _CODE_PAGES)), 0)
        return decode(octets, _MSG, f"iso8859-{page - 28590}" if page in _ISO_8859 else f"cp{page}")


def _streams(content: bytes) -> dict[_Path, bytes]:
    """All streams by their paths. Raises `DocumentHostile` if they share bytes, and so add up to more than the file."""
    found: dict[_Path, bytes] = {}
    left = 2 * len(content)
    try:
        with olefile.OleFileIO(BytesIO(content)) as file:
            for path in file.listdir():
                with file.openstream(path) as stream:
                    found[tuple(path)] = octets = stream.read()
                left -= len(octets)
                if left < 0:
                    break
    except Exception as error:
        raise DocumentCorrupt(media_type=_MSG) from error
    if left < 0:
        raise DocumentHostile(media_type=_MSG, cause="overlap")
    if (_PROPERTIES,) not in found:
        raise DocumentCorrupt(media_type=_MSG)
    return found


def _letter(storage: _Storage, read_rtf: Callable[[bytes], ParsedDocument | None], depth: int) -> Letter:
    address = storage.text(*_SENDER_ADDRESSES)
    body = _body(storage, read_rtf)
    return Letter(
        bodies=(body,) if body else (),
        attachments=tuple(_iter_attachments(storage, read_rtf, depth)),
        subject=storage.text(_SUBJECT),
        sender=_address(storage.text(_SENDER_NAME), address),
        to=_recipients(storage, _TO) or tuple(filter(None, [storage.text(_DISPLAY_TO)])),
        cc=_recipients(storage, _CC) or tuple(filter(None, [storage.text(_DISPLAY_CC)])),
        date=_date(storage),
        message_id=storage.text(_MESSAGE_ID),
    )


def _body(storage: _Storage, read_rtf: Callable[[bytes], ParsedDocument | None]) -> ParsedDocument | None:
    if plain := storage.text(_BODY):
        return plain_body(plain)
    if html := storage.text(_BODY_HTML) or storage.in_code_page(storage.octets(_BODY_HTML)):
        return html_body(html)
    return read_rtf(storage.octets(_BODY_RTF)) if storage.octets(_BODY_RTF) else None


def _rtf_body(packed: bytes, options: ParseOptions, parse_member: ParseMember) -> ParsedDocument | None:
    """The body in RTF, or None if it is none that can be read: a message without its body is better than nothing."""
    try:
        return parse_member(unpack_rtf(packed), replace(options, filename="body.rtf"))
    except (ValueError, DocumentCorrupt, DocumentEmpty, DocumentTypeUnsupported):
        return None


def _iter_attachments(
    storage: _Storage, read_rtf: Callable[[bytes], ParsedDocument | None], depth: int
) -> Iterator[Attachment]:
    for part in storage.parts("__attach_version1.0_#"):
        inner = _Storage(storage.streams, (*part.path, _EMBEDDED), _EMBEDDED_HEAD)
        if (*inner.path, _PROPERTIES) in storage.streams:
            if depth:
                letter = _letter(inner, read_rtf, depth - 1)
                yield Attachment(part.text(*_ATTACHMENT_NAMES) or letter.subject or "message", letter)
        else:
            yield Attachment(part.text(*_ATTACHMENT_NAMES) or "unnamed", partial(part.octets, _ATTACHMENT_DATA))


def _recipients(storage: _Storage, kind: int) -> tuple[str, ...]:
    found = (part for part in storage.parts("__recip_version1.0_#") if part.number(_RECIPIENT_TYPE) == kind)
    return tuple(filter(None, (_address(part.text(_NAME), part.text(*_ADDRESSES)) for part in found)))


def _address(name: str, address: str) -> str:
    return f"{name} <{address}>" if name and address and name != address else name or address


def _date(storage: _Storage) -> str:
    """When it was sent, or else received (a count of 100 ns since 1601), or what the head it travelled with says."""
    moment = int.from_bytes(storage.fixed(_SUBMITTED) or storage.fixed(_DELIVERED) or b"", "little")
    if 0 < moment < _MAX_MOMENT:
        return f"{_EPOCH + np.timedelta64(moment // _PER_SECOND, 's')}+00:00"
    return rfc3339(HeaderParser().parsestr(storage.text(_TRANSPORT_HEADERS)).get("date", ""))
