from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentHostile
from ragstone.engine.parsing.xml_text import parse_xml

OPTIONS = ParseOptions(ParseLimits(max_pages=10, max_chars=1_000_000))


def blocks_of(source: str | bytes) -> list[tuple[BlockKind, str, tuple[str, ...]]]:
    document = parse_xml(source.encode() if isinstance(source, str) else source, OPTIONS)
    return [(block.kind, document.text[block.start_char : block.end_char], block.headings) for block in document.blocks]


def texts_of(source: str | bytes) -> list[str]:
    return [text for _, text, _ in blocks_of(source)]


def test_prose_is_paragraphs_under_the_titles_of_its_sections() -> None:
    source = """
        <article><title>Guide</title>
          <section id="s1"><title>Start</title><para>Press <key>Enter</key>, then wait.</para>
            <section><title>Details</title><para>Deep.</para></section></section>
          <section><title>End</title><para>Done.</para></section>
        </article>"""
    assert blocks_of(source) == [
        (BlockKind.HEADING, "Guide", ()),
        (BlockKind.HEADING, "Start", ("Guide",)),
        (BlockKind.PARAGRAPH, "Press Enter, then wait.", ("Guide", "Start")),
        (BlockKind.HEADING, "Details", ("Guide", "Start")),
        (BlockKind.PARAGRAPH, "Deep.", ("Guide", "Start", "Details")),
        (BlockKind.HEADING, "End", ("Guide",)),
        (BlockKind.PARAGRAPH, "Done.", ("Guide", "End")),
    ]
    assert parse_xml(source.encode(), OPTIONS).title == "Guide"


def test_records_are_rows_that_name_their_values() -> None:
    source = """
        <books xmlns="urn:x">
          <book id="b1"><title>XML</title><author><first>Sara</first><last>Ali</last></author>
            <price unit="SAR">5</price></book>
          <book id="b2"><title>كتاب</title><price unit="SAR">7</price></book>
        </books>"""
    assert blocks_of(source) == [
        (BlockKind.TABLE_ROW, "id: b1 | title: XML | author.first: Sara | author.last: Ali | price: 5 | unit: SAR", ()),
        (BlockKind.TABLE_ROW, "id: b2 | title: كتاب | price: 7 | unit: SAR", ()),
    ]


def test_a_feed_is_its_title_and_a_row_an_item() -> None:
    items = "".join(f"<item><title>News {number}</title><link>http://x/{number}</link></item>" for number in (1, 2))
    assert blocks_of(f"<rss><channel><title>Feed</title>{items}</channel></rss>") == [
        (BlockKind.HEADING, "Feed", ()),
        (BlockKind.TABLE_ROW, "title: News 1 | link: http://x/1", ("Feed",)),
        (BlockKind.TABLE_ROW, "title: News 2 | link: http://x/2", ("Feed",)),
    ]


def test_text_around_blocks_keeps_its_place() -> None:
    source = "<p>Before <t><r><c>1</c><d>2</d></r><r><c>3</c><d>4</d></r></t> after</p>"
    assert texts_of(source) == ["Before", "c: 1 | d: 2", "c: 3 | d: 4", "after"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1256", "utf-32"])
def test_the_declared_encoding_is_honoured(encoding: str) -> None:
    source = f'<?xml version="1.0" encoding="{encoding}"?><p>سلام عليكم <b>يا</b> صديقي</p>'
    assert texts_of(source.encode(encoding)) == ["سلام عليكم يا صديقي"]


def test_a_dtd_is_tolerated_and_its_entities_have_their_common_meaning() -> None:
    source = '<!DOCTYPE a PUBLIC "-//X//Y" "http://www.w3.org/x.dtd"><a>caf&eacute;&nbsp;&unknown;bar</a>'
    assert texts_of(source) == ["a: café bar"]


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "source",
    [
        '<!DOCTYPE a SYSTEM "file:///couldnt_possibly_exist"><a/>',
        '<!DOCTYPE a PUBLIC "-//X" "/etc/passwd"><a>text</a>',
        '<!DOCTYPE a SYSTEM "ftp://10.0.0.1/x.dtd"><a>text</a>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://10.0.0.1/"> %x;]><a>text</a>',
        f'<!DOCTYPE a [<!ENTITY l0 "lol">{LAUGHS}]><a>&l9;</a>',
        f'<!DOCTYPE a [<!ENTITY x "{"x" * 1000}">]><a>{"&x;" * 1000}</a>',
    ],
)
def test_entities_and_local_files_are_refused(source: str) -> None:
    with pytest.raises(DocumentHostile) as caught:
        parse_xml(source.encode(), OPTIONS)
    assert caught.value.facts == {"media_type": "application/xml", "cause": "entities"}


@pytest.mark.parametrize("source", ["", "text", "<a>", "<a>&nbsp;</a>", "<a></b>", "<a>" * 300 + "</a>" * 300])
def test_what_is_no_xml_is_corrupt(source: str) -> None:
    with pytest.raises(DocumentCorrupt):
        parse_xml(source.encode(), OPTIONS)


def elements() -> st.SearchStrategy[str]:
    text = st.text(st.sampled_from("ab \nق.&<"), max_size=5).map(
        lambda raw: raw.replace("&", "&amp;").replace("<", "&lt;")
    )
    names = st.sampled_from(["title", "p", "r", "x:y"])

    def wrapped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.tuples(names, st.lists(inner, max_size=4)).map(
            lambda it: f'<{it[0]} k="v">{"".join(it[1])}</{it[0]}>'
        )

    return st.recursive(text, wrapped, max_leaves=20).map(lambda body: f"<root>{body}</root>")


@given(elements())
def test_any_xml_gives_a_sound_document_with_all_its_words(
    assert_sound: Callable[[ParsedDocument], None], source: str
) -> None:
    document = parse_xml(source.encode(), OPTIONS)
    assert_sound(document)
    assert document.text.count("ق") == source.count("ق")


@given(st.binary(max_size=200) | elements().flatmap(lambda source: st.binary(max_size=9).map(source.encode().__add__)))
def test_damaged_xml_raises_problems_and_nothing_else(content: bytes) -> None:
    with suppress(DocumentCorrupt, DocumentHostile):
        parse_xml(content, OPTIONS)
