import io
import zipfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.parse import parse
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentEncrypted, DocumentHostile
from ragstone.kit.problem import Problem

OPTIONS = ParseOptions(ParseLimits(max_pages=100, max_chars=1_000_000))
EPUB = "application/epub+zip"
CONTAINER = '<container><rootfiles><rootfile full-path="EPUB/book.opf"/></rootfiles></container>'
PACKAGE = """<?xml version="1.0"?>
<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">
  <metadata>
    <dc:title>كتاب الحكايات</dc:title><dc:creator>Sara Ali</dc:creator><dc:creator>Omar</dc:creator>
    <dc:language>ar</dc:language><dc:subject>Tales</dc:subject><dc:subject>Night</dc:subject>
    <dc:publisher>House</dc:publisher><dc:date>2020-01-02</dc:date>
  </metadata>
  <manifest>
    <item id="two" href="text/two.xhtml" media-type="application/xhtml+xml"/>
    <item id="one" href="text/one%20a.xhtml" media-type="application/xhtml+xml"/>
    <item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
    <item id="css" href="a.css" media-type="text/css"/>
  </manifest>
  <spine><itemref idref="nav"/><itemref idref="one"/><itemref idref="css"/><itemref idref="two"/></spine>
</package>"""
BOOK = {
    "mimetype": EPUB,
    "META-INF/container.xml": CONTAINER,
    "EPUB/book.opf": PACKAGE,
    "EPUB/nav.xhtml": '<html><a href="text/two.xhtml">The second</a><a href="text/one%20a.xhtml#x">X</a></html>',
    "EPUB/text/one a.xhtml": "<html><title>t</title><h1>باب البداية</h1><p>كان يا<br/>ملك</p></html>",
    "EPUB/text/two.xhtml": "<html><body><p>second text</p></body></html>",
}


def packed(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def blocks_of(document: ParsedDocument) -> list[tuple[str, tuple[str, ...]]]:
    return [(document.text[block.start_char : block.end_char], block.headings) for block in document.blocks]


def test_chapters_come_in_the_order_of_the_spine_under_their_headings(
    assert_sound: Callable[[ParsedDocument], None],
) -> None:
    document = parse(packed(BOOK), EPUB, OPTIONS)
    assert_sound(document)
    assert blocks_of(document) == [
        ("باب البداية", ()),
        ("كان يا\nملك", ("باب البداية",)),
        ("The second", ()),
        ("second text", ("The second",)),
    ]
    assert document.title == "كتاب الحكايات"
    assert document.metadata == {
        "author": "Sara Ali, Omar",
        "date": "2020-01-02",
        "keywords": ("Tales", "Night"),
        "language": "ar",
        "publisher": "House",
    }


def test_the_older_table_of_contents_names_chapters_too() -> None:
    contents = (
        '<!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "http://www.daisy.org/z3986/2005/ncx-2005-1.dtd">'
        "<ncx><navMap><navPoint><navLabel><text>Chapter Two</text></navLabel>"
        '<content src="text/two.xhtml"/></navPoint></navMap></ncx>'
    )
    package = PACKAGE.replace(
        'href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"',
        'href="toc.ncx" media-type="application/x-dtbncx+xml"',
    )
    document = parse(packed(BOOK | {"EPUB/book.opf": package, "EPUB/toc.ncx": contents}), EPUB, OPTIONS)
    assert ("second text", ("Chapter Two",)) in blocks_of(document)


def test_a_missing_chapter_is_named_and_a_missing_container_is_made_up_for() -> None:
    files = {name: content for name, content in BOOK.items() if "two" not in name and "container" not in name}
    document = parse(packed(files), EPUB, OPTIONS)
    assert document.metadata["unread"] == ("EPUB/text/two.xhtml",)
    assert "ملك" in document.text


def encryption(algorithm: str) -> dict[str, str]:
    method = f'<e:EncryptionMethod xmlns:e="http://www.w3.org/2001/04/xmlenc#" Algorithm="{algorithm}"/>'
    return {"META-INF/encryption.xml": f"<encryption>{method}</encryption>"}


def test_a_book_under_rights_management_is_encrypted_and_one_with_hidden_fonts_is_not() -> None:
    with pytest.raises(DocumentEncrypted):
        parse(packed(BOOK | encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc")), EPUB, OPTIONS)
    assert parse(packed(BOOK | encryption("http://www.idpf.org/2008/embedding")), EPUB, OPTIONS).blocks


def test_a_package_with_entities_is_refused() -> None:
    package = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + PACKAGE.partition("?>")[2].replace(
        "Omar", "&a;"
    )
    with pytest.raises(DocumentHostile):
        parse(packed(BOOK | {"EPUB/book.opf": package}), EPUB, OPTIONS)


@pytest.mark.parametrize("gone", ["EPUB/book.opf", "EPUB/text"])
def test_a_book_without_a_package_or_chapters_is_corrupt(gone: str) -> None:
    with pytest.raises(DocumentCorrupt):
        parse(packed({name: content for name, content in BOOK.items() if not name.startswith(gone)}), EPUB, OPTIONS)


WHOLE = packed(BOOK)


@given(st.data())
def test_a_damaged_book_raises_problems_and_nothing_else(data: st.DataObject) -> None:
    content = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Problem):
        parse(bytes(content), EPUB, OPTIONS)


@given(st.sampled_from(["META-INF/container.xml", "EPUB/book.opf", "EPUB/nav.xhtml", "EPUB/text/two.xhtml"]), st.data())
def test_a_book_with_damaged_parts_raises_problems_and_nothing_else(
    assert_sound: Callable[[ParsedDocument], None], name: str, data: st.DataObject
) -> None:
    part = BOOK[name]
    at = data.draw(st.integers(0, len(part)))
    damaged = part[:at] + data.draw(st.text(max_size=4)) + part[at + data.draw(st.integers(0, 9)) :]
    with suppress(Problem):
        assert_sound(parse(packed(BOOK | {name: damaged.encode("utf-8", "replace").decode()}), EPUB, OPTIONS))
