"""Mail as it travels (RFC 5322 and MIME): one message, or a mailbox of many."""

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesHeaderParser
from functools import partial
from itertools import chain
from typing import Final

from ragstone.engine.parsing.decode import decode, find_unicode_encoding
from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.letters import Attachment, Letter, html_body, letter_metadata, plain_body, write_letter
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.mail_headers import MALFORMED, addresses, attachment_name, header, rfc3339
from ragstone.engine.parsing.members import Members, ParseMember, inside
from ragstone.engine.parsing.problems import DocumentCorrupt
from ragstone.engine.parsing.text_writer import TextWriter

_MAIL: Final = "message/rfc822"
_MBOX: Final = "application/mbox"
# The modern policy parses headers by grammar, raises whatever a malformed one makes it stumble over, and takes time
# that grows with the square of their length; this one keeps them as they are.
_POLICY: Final = email.policy.compat32
_SEPARATOR: Final = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]*\r?\n")
_QUOTED_SEPARATOR: Final = re.compile(rb"^>(>*From )", re.MULTILINE)


def parse_mail(content: bytes, options: ParseOptions, parse_member: ParseMember) -> ParsedDocument:
    """One message; attachments that cannot be read are named in the metadata `unread`.

    Of a body in several forms the plain one is shown, or the HTML one where that is empty. Raises `DocumentCorrupt` for
    bytes that are no text, and what concerns all attachments.
    """
    options = inside(options, _MAIL)
    message = _parsed(content)
    letter = _letter(message) if message.keys() else Letter((plain_body(decode(content, _MAIL)),))
    writer = TextWriter(options.limits)
    members = Members(writer, options, parse_member)
    write_letter(writer, letter, members)
    return writer.finish(letter.subject, letter_metadata(letter, members))


def parse_mailbox(content: bytes, options: ParseOptions, parse_member: ParseMember) -> ParsedDocument:
    """A mailbox in the mbox format (RFC 4155): every message is a section under its subject.

    Raises `DocumentCorrupt` for what is no mailbox, and what concerns all messages.
    """
    options = inside(options, _MBOX)
    starts = list(_SEPARATOR.finditer(content))
    if not starts or starts[0].start() > 0:
        raise DocumentCorrupt(media_type=_MBOX)
    writer = TextWriter(options.limits)
    members = Members(writer, options, lambda message, inner: parse_mail(message, inner, parse_member))
    ends = [*(start.start() for start in starts[1:]), len(content)]
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1):
        members.count()
        message = _QUOTED_SEPARATOR.sub(rb"\1", content[start.end() : end])
        subject = header(BytesHeaderParser(policy=_POLICY).parsebytes(message), "subject")
        members.add(subject or str(number), partial(bytes, message))
    members.raise_if_all_failed()
    return writer.finish(metadata={"members": members.n_read, "unread": tuple(members.unread)})


def _parsed(content: bytes) -> Message:
    encoding = find_unicode_encoding(content)
    if encoding:
        content = content.decode(encoding, errors="replace").removeprefix("\ufeff").encode()
    try:
        return email.message_from_bytes(content.lstrip(), policy=_POLICY)
    except MALFORMED as error:
        raise DocumentCorrupt(media_type=_MAIL) from error


def _letter(message: Message) -> Letter:
    try:
        parts = list(_iter_parts(message))
    except MALFORMED as error:
        raise DocumentCorrupt(media_type=_MAIL) from error
    return Letter(
        subject=header(message, "subject"),
        sender=", ".join(addresses(message, "from")),
        to=addresses(message, "to"),
        cc=addresses(message, "cc"),
        date=rfc3339(header(message, "date")),
        message_id=header(message, "message-id"),
        bodies=tuple(part for part in parts if isinstance(part, ParsedDocument)),
        attachments=tuple(part for part in parts if isinstance(part, Attachment)),
    )


def _iter_parts(part: Message) -> Iterator[ParsedDocument | Attachment]:
    """Bodies and attachments in their order. Pictures that only adorn the body are left out."""
    main_type = part.get_content_maintype()
    is_named = main_type != "text" or bool(attachment_name(part))
    if part.is_multipart():
        inner = [child for child in part.get_payload() if isinstance(child, Message)]
        if part.get_content_type() == "multipart/alternative":
            yield from _one_form(list(map(list, map(_iter_parts, inner))))
        elif main_type == "multipart":
            yield from chain.from_iterable(map(_iter_parts, inner))
        else:
            name = attachment_name(part) or f"{header(inner[0], 'subject') or 'message'}.eml"
            yield Attachment(name, partial(_source, inner[0]))
    elif part.get_content_disposition() == "attachment" or (main_type != "image" and is_named):
        yield Attachment(attachment_name(part) or part.get_content_type(), partial(_payload, part))
    elif main_type == "text":
        try:
            yield _body(part)
        except DocumentCorrupt:
            yield Attachment(part.get_content_type(), partial(_payload, part))


def _one_form(forms: list[list[ParsedDocument | Attachment]]) -> Iterator[ParsedDocument | Attachment]:
    """The first body that says anything (the plain one comes first, RFC 2046 section 5.1.4), and all attachments."""
    bodies = ([part for part in form if isinstance(part, ParsedDocument) and part.blocks] for form in forms)
    yield from next(filter(None, bodies), [])
    yield from (part for form in forms for part in form if isinstance(part, Attachment))


def _body(part: Message) -> ParsedDocument:
    text = decode(_payload(part), _MAIL, part.get_content_charset())
    return html_body(text) if part.get_content_subtype() == "html" else plain_body(text)


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _source(message: Message) -> bytes:
    try:
        return message.as_bytes(policy=_POLICY)
    except MALFORMED as error:
        raise DocumentCorrupt(media_type=_MAIL) from error
