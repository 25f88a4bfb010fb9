"""A letter, whatever the mail program that kept it: its head, its body, then its attachments as sections."""

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ragstone.engine.parsing.document import BlockKind, MetadataValue, ParsedDocument
from ragstone.engine.parsing.html import parse_html
from ragstone.engine.parsing.members import Members
from ragstone.engine.parsing.plain import parse_plain
from ragstone.engine.parsing.text_writer import TextWriter


@dataclass(frozen=True, slots=True)
class Letter:
    """What one message says. Addresses are `Name <address>`, `date` is RFC 3339 or empty, `bodies` are its parts in
    their order.
    """

    bodies: tuple[ParsedDocument, ...]
    attachments: tuple["Attachment", ...] = ()
    subject: str = ""
    sender: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    date: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file sent along, or a letter forwarded as a whole."""

    name: str
    content: "Callable[[], bytes] | Letter"


Metadata: TypeAlias = dict[str, MetadataValue]


def write_letter(writer: TextWriter, letter: Letter, members: Members, level: int = 1) -> None:
    """Head, body and attachments, these under headings of `level`. Raises what `Members.add` does."""
    lines = (
        ("Subject", letter.subject),
        ("From", letter.sender),
        ("To", ", ".join(letter.to)),
        ("Cc", ", ".join(letter.cc)),
        ("Date", letter.date),
    )
    writer.block(BlockKind.PARAGRAPH, "\n".join(f"{name}: {value}" for name, value in lines if value))
    for body in letter.bodies:
        writer.embed(body)
    for attachment in letter.attachments:
        members.count()
        if isinstance(attachment.content, Letter):
            writer.heading(level, attachment.name)
            write_letter(writer, attachment.content, members, level + 1)
            writer.leave_sections(level)
        else:
            members.add(attachment.name, attachment.content, level)


def letter_metadata(letter: Letter, members: Members) -> Metadata:
    """What can be filtered by."""
    return {
        "attachments": tuple(attachment.name for attachment in letter.attachments),
        "cc": letter.cc,
        "date": letter.date,
        "from": letter.sender,
        "message_id": letter.message_id,
        "subject": letter.subject,
        "to": letter.to,
        "unread": tuple(members.unread),
    }


def plain_body(text: str) -> ParsedDocument:
    """The body of a letter that is plain text."""
    return parse_plain(codecs.BOM_UTF8 + text.encode("utf-8", "replace"))


def html_body(text: str) -> ParsedDocument:
    """The body of a letter that is HTML; the mark makes its reader believe no other encoding that it declares."""
    return parse_html(codecs.BOM_UTF8 + text.encode("utf-8", "replace"))
