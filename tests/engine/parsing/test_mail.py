import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.parse import parse
from ragstone.engine.parsing.problems import (
    DocumentCorrupt,
    DocumentEmpty,
    DocumentHostile,
    DocumentUnpacksTooLarge,
)
from ragstone.kit.problem import Problem

OPTIONS = ParseOptions(ParseLimits(max_pages=100, max_chars=1_000_000))
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(100)


def message(body: str = "Hello Omar,\n\nsee the attachment.\n", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    for name, value in {"subject": "Report", "from": "Sara Ali <sara@x.org>", "to": "omar@x.org", **headers}.items():
        mail[name] = value
    mail.set_content(body)
    return mail


def read(content: bytes | EmailMessage, options: ParseOptions = OPTIONS) -> ParsedDocument:
    octets = content.as_bytes(policy=SMTP) if isinstance(content, EmailMessage) else content
    return parse(octets, "message/rfc822", options)


def blocks_of(document: ParsedDocument) -> list[tuple[str, tuple[str, ...]]]:
    return [(document.text[block.start_char : block.end_char], block.headings) for block in document.blocks]


def test_a_message_is_its_head_and_its_body(assert_sound: Callable[[ParsedDocument], None]) -> None:
    mail = message(date="Wed, 4 Jan 2023 11:36:14 -0600", cc="a@x.org, B C <b@x.org>")
    mail["message-id"] = "<1@x.org>"
    document = read(mail)
    assert_sound(document)
    assert [text for text, _ in blocks_of(document)] == [
        (
            "Subject: Report\nFrom: Sara Ali <sara@x.org>\nTo: omar@x.org\nCc: a@x.org, B C <b@x.org>\n"
            "Date: 2023-01-04T11:36:14-06:00"
        ),
        "Hello Omar,",
        "see the attachment.",
    ]
    assert document.title == "Report"
    assert document.metadata == {
        "cc": ("a@x.org", "B C <b@x.org>"),
        "date": "2023-01-04T11:36:14-06:00",
        "from": "Sara Ali <sara@x.org>",
        "message_id": "<1@x.org>",
        "subject": "Report",
        "to": ("omar@x.org",),
    }


def test_encoded_words_are_decoded_and_commas_in_names_part_no_addresses() -> None:
    mail = message("السلام عليكم", subject="تقرير الربع الأول", to='"علي، سارة" <s@x.org>, "Doe, J" <j@x.org>')
    document = read(mail)
    assert document.title == "تقرير الربع الأول"
    assert document.metadata["to"] == ("علي، سارة <s@x.org>", "Doe, J <j@x.org>")
    assert document.text.endswith("السلام عليكم")


def test_headers_in_plain_8_bit_bytes_are_decoded() -> None:
    content = "Subject: تقرير شهري\r\nFrom: x@y.org\r\n\r\ntext\r\n"
    assert read(content.encode()).title == "تقرير شهري"


@pytest.mark.parametrize(
    ("charset", "text"), [("windows-1256", "مرحبا بكم"), ("koi8-r", "Привет"), ("gb18030", "你好")]
)
def test_the_charset_of_a_part_is_honoured_even_against_what_its_html_says(charset: str, text: str) -> None:
    mail = EmailMessage()
    mail.set_content(f"<meta charset=iso-8859-1><p>{text}</p>", subtype="html", charset=charset)
    assert read(mail).text == text


def test_the_plain_form_of_a_body_is_shown_rather_than_the_html_one() -> None:
    mail = message("plain words")
    mail.add_alternative("<p>html words</p>", subtype="html")
    assert "plain words" in read(mail).text
    assert "html words" not in read(mail).text


def test_html_is_shown_where_the_plain_form_is_empty() -> None:
    mail = message(" \n")
    mail.add_alternative("<h1>Offer</h1><p>html words</p>", subtype="html")
    assert blocks_of(read(mail))[1:] == [("Offer", ()), ("html words", ("Offer",))]


def test_attachments_are_sections_of_their_own() -> None:
    mail = message()
    mail.add_attachment(b"n,v\nx,1\n", maintype="text", subtype="csv", filename="جدول.csv")
    mail.add_attachment(PICTURE, maintype="image", subtype="png", filename="photo.png")
    mail.add_attachment(PICTURE, maintype="image", subtype="png", cid="<logo>", disposition="inline")
    document = read(mail)
    assert blocks_of(document)[-2:] == [("جدول.csv", ()), ("n: x | v: 1", ("جدول.csv",))]
    assert document.metadata["attachments"] == ("جدول.csv", "photo.png")
    assert document.metadata["unread"] == ("photo.png",)


def test_a_forwarded_message_is_a_section_with_its_own_attachments() -> None:
    inner = message("inner body", subject="Inner")
    inner.add_attachment(b"deep text", maintype="text", subtype="plain", filename="deep.txt")
    outer = message("outer body", subject="Outer")
    outer.add_attachment(inner)
    document = read(outer)
    assert blocks_of(document)[-1] == ("deep text", ("Inner.eml", "deep.txt"))
    assert "inner body" in document.text


def test_messages_inside_messages_are_read_five_deep() -> None:
    mail = message("innermost", subject="1")
    for number in range(2, 7):
        outer = message("around", subject=str(number))
        outer.add_attachment(mail)
        mail = outer
    document = read(mail)
    assert "innermost" not in document.text
    assert document.text.count("around") == 5


def test_a_bomb_in_an_attachment_is_named_and_not_unpacked() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(64 * 2**20))
    mail = message()
    mail.add_attachment(buffer.getvalue(), maintype="application", subtype="zip", filename="bomb.zip")
    assert read(mail).metadata["unread"] == ("bomb.zip",)


def test_too_many_attachments_are_refused() -> None:
    mail = message()
    for number in range(11):
        mail.add_attachment(b"x", maintype="text", subtype="plain", filename=f"{number}.txt")
    with pytest.raises(DocumentUnpacksTooLarge):
        read(mail, ParseOptions(ParseLimits(max_pages=10, max_chars=1000, max_entries=10)))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_a_message_saved_in_another_encoding_is_read(encoding: str) -> None:
    content = "Subject: Saved by an editor\nFrom: a@x.org\n\nThe body of the message.\n"
    document = read(content.encode(encoding))
    assert document.title == "Saved by an editor"
    assert document.text.endswith("The body of the message.")


def test_a_message_without_a_head_is_its_text_and_an_empty_one_is_empty() -> None:
    assert read(b"just\n\ntext").text == "just\n\ntext"
    with pytest.raises(DocumentEmpty):
        read(b"  \n \n")


@pytest.mark.parametrize(
    "head",
    [
        b"To: " + b"(" * 100_000,
        b"To: undisclosed-recipients:;",
        b"Date: yesterday",
        b"Date: Wed, 99 Jan 99999 99:99:99 +9999",
        b"Subject: =?utf-8?b?!!!?= =?nonsense?q?=41?= =?utf-8?q?=FF=FE?=",
        b"Content-Type: text/plain; charset=nonsense",
        b"Content-Type: multipart/mixed",
        b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: message/rfc822\n\n--b--',
        b"Content-Transfer-Encoding: base64",
        b"Content-Type: application/x; name*0*=nonsense''%FF; name*1=x",
        b"Content-Type: message/delivery-status\n\nAction: failed\n\nStatus: 5.0.0",
    ],
)
def test_malformed_heads_spoil_nothing(assert_sound: Callable[[ParsedDocument], None], head: bytes) -> None:
    document = read(b"Subject: Still there\n" + head + b"\n\nbody\n")
    assert_sound(document)
    assert document.title


def test_parts_nested_without_end_are_corrupt() -> None:
    content = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(2000))
    with pytest.raises(DocumentCorrupt):
        read(b"Subject: x\n" + content)


def test_a_mailbox_is_a_section_a_message() -> None:
    one, two = message("From me to you.", subject="One").as_string(), message("second", subject="").as_string()
    content = f"From a@x.org Wed Jan  4 11:36:14 2023\n{one}\n\nFrom b@x.org Thu Jan  5 11:36:14 2023\n{two}".replace(
        "\nFrom me", "\n>From me"
    )
    document = parse(content.encode(), "application/mbox", OPTIONS)
    assert [path[:1] for _, path in blocks_of(document)] == [(), ("One",), ("One",), (), ("2",), ("2",)]
    assert "From me to you." in document.text
    assert document.metadata == {"members": 2}


def test_a_mailbox_that_is_none_is_corrupt() -> None:
    with pytest.raises(DocumentCorrupt):
        parse(b"text\n\nFrom a@x.org Wed Jan  4 11:36:14 2023\n", "application/mbox", OPTIONS)


def test_a_mailbox_counts_as_a_level_of_nesting() -> None:
    content = b"From a@x.org Wed Jan  4 11:36:14 2023\n" + message().as_bytes()
    with pytest.raises(DocumentHostile):
        parse(content, "application/mbox", ParseOptions(ParseLimits(max_pages=1, max_chars=1000, max_nesting=1)))


def rich_message() -> bytes:
    mail = message("plain", subject="موضوع")
    mail.add_alternative("<p>html</p>", subtype="html")
    mail.add_attachment(message("inner"))
    mail.add_attachment(b"n,v\nx,1\n", maintype="text", subtype="csv", filename="جدول.csv")
    return mail.as_bytes()


RICH = rich_message()


@given(st.data())
def test_a_damaged_message_raises_problems_and_nothing_else(
    assert_sound: Callable[[ParsedDocument], None], data: st.DataObject
) -> None:
    content = bytearray(RICH)
    for _ in range(data.draw(st.integers(1, 12))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Problem):
        assert_sound(read(bytes(content)))
    with suppress(Problem):
        assert_sound(parse(b"From a b 2023\n" + bytes(content), "application/mbox", OPTIONS))
