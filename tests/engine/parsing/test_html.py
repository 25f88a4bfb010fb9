from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.html import parse_html
from ragstone.engine.parsing.problems import DocumentCorrupt

TAGS = [
    "div",
    "p",
    "b",
    "table",
    "tr",
    "td",
    "th",
    "ul",
    "li",
    "h1",
    "h2",
    "pre",
    "br",
    "blockquote",
    "script",
    "style",
    "template",
    "title",
    "select",
    "option",
    "svg",
    "a",
]
MARKUP = st.lists(
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS])
    | st.sampled_from(["<p hidden>", "<!--", "-->", "&amp;", "&#0;", "&nbsp;", " ", "\n", "<?xml ", "/>"])
    | st.text(max_size=4),
    max_size=60,
).map("".join)


def rows(document: ParsedDocument) -> list[tuple[BlockKind, str]]:
    return [(block.kind, document.text[block.start_char : block.end_char]) for block in document.blocks]


def text_of(markup: str) -> str:
    return parse_html(markup.encode()).text


def test_only_what_a_reader_sees_is_text() -> None:
    markup = """<title>t</title><style>a</style><body><script>b</script><noscript>c</noscript><template>d</template>
        <p hidden>e</p><p style="color:red; DISPLAY : none">f</p><!-- g --><p>seen</p>"""
    assert text_of(markup) == "seen"


def test_white_space_collapses_outside_pre_and_stays_inside() -> None:
    document = parse_html(b"<p>a \n <b> b</b>\t c<br> d</p><pre>\n  x\n    y\n</pre>")
    assert rows(document) == [(BlockKind.PARAGRAPH, "a b c\nd"), (BlockKind.CODE, "x\n    y")]
    assert "\n\n  x\n    y" in document.text


def test_every_table_row_is_a_block_of_cells() -> None:
    document = parse_html(b"<table><tr><th>a<th>b<tr><td>1<p>2</p><td><ul><li>q<li>r</ul><tr><td><td></table>")
    assert rows(document) == [(BlockKind.TABLE_ROW, "a: 1 2 | b: q r")]


@pytest.mark.parametrize(
    ("markup", "texts"),
    [
        ("<thead><tr><td>Name<td>City<tbody><tr><td>Sara<td>Riyadh", ["Name: Sara | City: Riyadh"]),
        ("<tr><th>الاسم<th>المدينة<tr><td>سارة<td>الرياض", ["الاسم: سارة | المدينة: الرياض"]),
        ("<tr><td>Item<td>Price<tr><td>Tea<td>5<tr><td>Salt<td>2", ["Item: Tea | Price: 5", "Item: Salt | Price: 2"]),
        ("<tr><td>Sara<td>Riyadh<tr><td>Omar<td>Jeddah", ["Sara | Riyadh", "Omar | Jeddah"]),
        ("<tr><th>Area<td>5 km²<tr><th>Lakes<td>A<td>B", ["Area: 5 km²", "Lakes: A | B"]),
        ("<tr><th>Name<th>Q1<tr><th>Sara<td>5<tr><th>Omar<td>7", ["Name: Sara | Q1: 5", "Name: Omar | Q1: 7"]),
        ("<tr><th>a<th>b<tr><td>1<td>", ["a | b", "a: 1"]),
        ("<tr><th>a<th>b", ["a | b"]),
        ("<tr><td>a<td><td>c<td>", ["a | c"]),
        (
            "<tr><th rowspan=2>Name<th colspan=2>Price<tr><th>Old<th>New<tr><td>Tea<td>1<td>2",
            ["Name: Tea | Price Old: 1 | Price New: 2"],
        ),
        (
            "<tr><th>Region<th>Shop<tr><td rowspan=2>West<td>Jeddah<tr><td>Mecca<tr><td>East<td>Dammam",
            ["Region: West | Shop: Jeddah", "Region: West | Shop: Mecca", "Region: East | Shop: Dammam"],
        ),
        (
            "<tr><th>a<th>b<th>c<tr><td colspan=2>1<td>2<tr><td colspan=0 rowspan=x>3",
            ["a / b: 1 | c: 2", "3"],
        ),
    ],
)
def test_a_row_carries_the_names_of_its_columns(markup: str, texts: list[str]) -> None:
    document = parse_html(f"<meta charset=utf-8><table>{markup}</table>".encode())
    assert [text for _, text in rows(document)] == texts


@pytest.mark.parametrize(
    "markup",
    [
        f"<tr><th>{'n' * 5000}<th>b" + "<tr><td>1<td>2" * 20_000,
        "<tr>" + f"<td rowspan=200>{'x' * 150}" * 50 + "<tr><td>y" * 20_000,
        "<tr><td colspan=200>x" * 20_000,
        "<thead>" + "<tr><th>n" * 20_000,
    ],
)
def test_a_table_does_not_unfold_into_more_than_a_few_times_its_size(markup: str) -> None:
    source = f"<table>{markup}</table>".encode()
    assert len(parse_html(source).text) < 10 * len(source)


def test_a_row_of_more_cells_than_a_table_has_columns_loses_none() -> None:
    assert text_of("<table><tr>" + "<td>x" * 3000 + "</table>").count("x") == 3000


def test_a_table_that_lays_out_a_page_is_no_record() -> None:
    document = parse_html(b"<table><tr><td><h1>Title</h1>left<td><table><tr><td>1<td>2</table></table>")
    assert rows(document) == [
        (BlockKind.HEADING, "Title"),
        (BlockKind.PARAGRAPH, "left"),
        (BlockKind.TABLE_ROW, "1 | 2"),
    ]


def test_headings_make_paths_and_lists_make_items() -> None:
    document = parse_html(
        b"<h1>A</h1><h2>B</h2><ul><li>one<ul><li>two</ul>three</ul><h2>C</h2><blockquote>q</blockquote>"
    )
    assert [(block.kind, block.headings) for block in document.blocks] == [
        (BlockKind.HEADING, ()),
        (BlockKind.HEADING, ("A",)),
        (BlockKind.LIST_ITEM, ("A", "B")),
        (BlockKind.LIST_ITEM, ("A", "B")),
        (BlockKind.LIST_ITEM, ("A", "B")),
        (BlockKind.HEADING, ("A",)),
        (BlockKind.QUOTE, ("A", "C")),
    ]


def test_the_head_gives_title_and_metadata() -> None:
    document = parse_html(
        b"<html lang=ar><title> The &amp; title </title><meta name=Author content='Ada L'><h1>Other</h1>"
        b"<meta property='article:published_time' content=2024-05-06><meta name=description content=About>"
    )
    assert document.title == "The & title"
    assert document.metadata == {"author": "Ada L", "date": "2024-05-06", "description": "About", "language": "ar"}


def test_without_a_title_the_first_heading_is_it() -> None:
    assert parse_html(b"<h2>Small</h2><h1>Big <i>one</i></h1>").title == "Big one"


@pytest.mark.parametrize(
    ("declaration", "encoding"),
    [
        ("<meta charset=windows-1256>", "cp1256"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1256">', "cp1256"),
        ('<?xml version="1.0" encoding="windows-1256"?>', "cp1256"),
        ("", "utf-8"),
        ("<meta charset=utf-8>", "utf-16"),
        ("<meta charset=punycode>", "utf-8"),
    ],
)
def test_the_declared_encoding_and_the_byte_order_mark_are_honoured(declaration: str, encoding: str) -> None:
    assert parse_html(f"{declaration}<p>السلام عليكم</p>".encode(encoding)).text == "السلام عليكم"


def test_self_closed_elements_of_xhtml_do_not_swallow_the_page() -> None:
    assert (
        text_of('<?xml version="1.0"?><html><head><script src="x"/><title/></head><body>seen<br/>too</body></html>')
        == "seen\ntoo"
    )


def test_tags_nested_beyond_any_page_are_refused_before_parsing() -> None:
    with pytest.raises(DocumentCorrupt):
        parse_html(b"<div>" * 100_000)


def test_deep_nesting_within_the_limit_needs_no_recursion() -> None:
    assert text_of("<div>" * 5000 + "deep") == "deep"


@given(MARKUP)
def test_any_markup_gives_a_sound_document(assert_sound: Callable[[ParsedDocument], None], markup: str) -> None:
    assert_sound(parse_html(markup.encode()))


@given(st.binary())
def test_any_bytes_give_a_sound_document_or_are_called_corrupt(
    assert_sound: Callable[[ParsedDocument], None], content: bytes
) -> None:
    with suppress(DocumentCorrupt):
        assert_sound(parse_html(content))
