import io
import zipfile
from collections.abc import Callable

import pytest
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.media_types import DOCX
from ragstone.engine.parsing.office.docx import parse_docx
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentHostile, DocumentTooLarge

Shown = Callable[[ParsedDocument], list[tuple[str, str]]]
NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "v": "urn:schemas-microsoft-com:vml",
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    }.items()
)
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RUNS = st.sampled_from(
    [
        "<w:r><w:t>ab</w:t></w:r>",
        "<w:r><w:t>نص</w:t><w:br/></w:r>",
        "<w:r><w:tab/></w:r>",
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>c</w:t></w:r></w:p></w:tc><w:tc/></w:tr></w:tbl>",
        "<w:p>",
        "</w:p>",
        '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>',
        '<w:pPr><w:outlineLvl w:val="2"/></w:pPr>',
        "<w:sym w:char='F0B7'/>",
        "&#x301;",
    ]
)


def package(body: str, **parts: str) -> bytes:
    """A document of a body, and of other parts by the kind of their relation."""
    buffer = io.BytesIO()
    relations = (
        f'<Relationship Id="x" Type="{RELATION}/image" Target="http://127.0.0.1:9/x.png" TargetMode="External"/>'
    )
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "_rels/.rels",
            f'<Relationships><Relationship Id="a" Type="{RELATION}/officeDocument" Target="/word/document.xml"/>'
            "</Relationships>",
        )
        archive.writestr("word/document.xml", f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>")
        for kind, content in parts.items():
            archive.writestr(f"word/{kind}.xml", content)
            relations += f'<Relationship Id="{kind}" Type="{RELATION}/{kind}" Target="{kind}.xml"/>'
        archive.writestr("word/_rels/document.xml.rels", f"<Relationships>{relations}</Relationships>")
    return buffer.getvalue()


def paragraph(text: str, properties: str = "", inside: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r>{inside}</w:p>"


@pytest.fixture
def written(options: ParseOptions, shown: Shown) -> Callable[..., list[tuple[str, str]]]:
    return lambda body, **parts: shown(parse_docx(package(body, **parts), options))


def test_a_document_of_word_is_read_with_headings_lists_tables_and_metadata(
    options: ParseOptions, shown: Shown
) -> None:
    document = Document()
    document.core_properties.author = "سارة"
    document.core_properties.title = "Report"
    document.core_properties.keywords = "tea, coffee"
    document.add_heading("The report", 0)
    document.add_heading("الفصل الأول", 1)
    document.add_paragraph("نص عربي مع English.")
    document.add_heading("Part", 2)
    document.add_paragraph("first", "List Bullet")
    table = document.add_table(rows=3, cols=3)
    for row, texts in zip(
        table.rows, [("City", "Sold", "Since"), ("Cairo", "12", "2020"), ("Luxor", "7", "")], strict=True
    ):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    section = document.sections[0]
    section.header.paragraphs[0].text = "Confidential"
    section.footer.paragraphs[0].text = "Company"
    buffer = io.BytesIO()
    document.save(buffer)
    parsed = parse_docx(buffer.getvalue(), options)
    assert shown(parsed) == [
        ("paragraph", "Confidential"),
        ("heading", "The report"),
        ("heading", "الفصل الأول"),
        ("paragraph", "نص عربي مع English."),
        ("heading", "Part"),
        ("list_item", "first"),
        ("table_row", "City: Cairo | Sold: 12 | Since: 2020"),
        ("table_row", "City: Luxor | Sold: 7"),
        ("paragraph", "Company"),
    ]
    assert parsed.blocks[6].headings == ("The report", "الفصل الأول", "Part")
    assert parsed.blocks[-1].headings == ()
    assert parsed.title == "Report"
    assert parsed.metadata["author"] == "سارة"
    assert parsed.metadata["keywords"] == ("tea", "coffee")
    assert str(parsed.metadata["date"]).startswith("20")


def test_a_style_is_a_heading_by_its_outline_level_or_by_the_style_it_is_based_on(
    options: ParseOptions, shown: Shown
) -> None:
    document = Document()
    style = document.styles.add_style("Ueberschrift", WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Heading 2"]
    document.add_paragraph("derived", "Ueberschrift")
    document.add_paragraph("quoted", "Intense Quote")
    buffer = io.BytesIO()
    document.save(buffer)
    assert shown(parse_docx(buffer.getvalue(), options)) == [("heading", "derived"), ("quote", "quoted")]


def test_numbers_that_word_counts_are_written_out(written: Callable[..., list[tuple[str, str]]]) -> None:
    level = '<w:lvl w:ilvl="{}"><w:start w:val="1"/><w:numFmt w:val="{}"/><w:lvlText w:val="{}"/></w:lvl>'
    levels = level.format(0, "decimal", "%1.") + level.format(1, "lowerLetter", "%1.%2)")
    numbering = (
        f'<w:numbering {NAMESPACES}><w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="0"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num></w:numbering>'
    )

    def item(text: str, level: int, list_id: int = 1, more: str = "") -> str:
        return paragraph(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>{more}')

    body = [item("a", 0), item("b", 1), item("c", 1), item("d", 0), item("e", 1), item("f", 0, 2), item("g", 0, 2)]
    assert [text for _, text in written("".join(body), numbering=numbering)] == [
        "1. a",
        "1.a) b",
        "1.b) c",
        "2. d",
        "2.a) e",
        "1. f",
        "2. g",
    ]
    heading = item("Scope", 0, more='<w:outlineLvl w:val="0"/>')
    assert written(heading, numbering=numbering) == [("heading", "1. Scope")]


def test_boxes_and_notes_follow_the_paragraph_they_hang_on(written: Callable[..., list[tuple[str, str]]]) -> None:
    box = f"<w:txbxContent>{paragraph('in the box')}</w:txbxContent>"
    both = (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing>'
        f"</mc:Choice><mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
        '<w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:endnoteReference w:id="1"/></w:r>'
    )
    footnotes = (
        f'<w:footnotes {NAMESPACES}><w:footnote w:type="separator" w:id="-1">{paragraph("line")}</w:footnote>'
        f'<w:footnote w:id="2">{paragraph("below")}</w:footnote></w:footnotes>'
    )
    endnotes = f'<w:endnotes {NAMESPACES}><w:endnote w:id="1">{paragraph("at the end")}</w:endnote></w:endnotes>'
    body = paragraph("text", inside=both) + paragraph("next")
    assert [text for _, text in written(body, footnotes=footnotes, endnotes=endnotes)] == [
        "text",
        "in the box",
        "below",
        "at the end",
        "next",
    ]


def test_what_is_deleted_hidden_or_an_instruction_is_not_read(written: Callable[..., list[tuple[str, str]]]) -> None:
    inside = (
        "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:ins><w:r><w:t> added</w:t></w:r></w:ins>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>"
        '<w:hyperlink r:id="x"><w:r><w:t> link</w:t></w:r></w:hyperlink><w:r><w:noBreakHyphen/><w:t>x</w:t></w:r>'
    )
    assert written(paragraph("kept", inside=inside)) == [("paragraph", "kept added link-x")]


def test_equations_are_a_line_of_latex(written: Callable[..., list[tuple[str, str]]]) -> None:
    def run(text: str) -> str:
        return f"<m:r><m:t>{text}</m:t></m:r>"

    square = f"<m:sSup><m:e>{run('x')}</m:e><m:sup>{run('2')}</m:sup></m:sSup>"
    fraction = f"<m:f><m:num>{run('n+1')}</m:num><m:den>{run('2')}</m:den></m:f>"
    root = f"<m:rad><m:deg/><m:e>{run('y')}</m:e></m:rad>"
    total = (
        f'<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>{run("k=0")}</m:sub><m:sup>{run("n")}</m:sup>'
        f"<m:e>{run('k')}</m:e></m:nary>"
    )
    body = paragraph("so", inside=f"<m:oMath>{run(' ')}{square}{run('=')}{fraction}{run('+')}{root}{total}</m:oMath>")
    assert written(body) == [("paragraph", "so$x^{2}=\\frac{n+1}{2}+\\sqrt{y}\\sum_{k=0}^{n} k$")]


def test_merged_cells_nested_tables_and_bold_headers(written: Callable[..., list[tuple[str, str]]]) -> None:
    def cell(text: str, properties: str = "", bold: str = "") -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr><w:p><w:r><w:rPr>{bold}</w:rPr><w:t>{text}</w:t></w:r></w:p></w:tc>"

    bold = "<w:b/>"
    nested = f"<w:tc><w:p/><w:tbl><w:tr>{cell('p')}{cell('q')}</w:tr><w:tr>{cell('r')}{cell('s')}</w:tr></w:tbl></w:tc>"
    rows = [
        cell("Term", bold=bold) + cell("Meaning", bold=bold),
        cell("tall", '<w:vMerge w:val="restart"/>') + cell("one"),
        cell("", "<w:vMerge/>") + nested,
        cell("wide", '<w:gridSpan w:val="2"/>'),
    ]
    table = "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"
    assert written(table) == [
        ("table_row", "Term: tall | Meaning: one"),
        ("table_row", "Term: tall | Meaning: p | q; r | s"),
        ("table_row", "wide"),
    ]


def test_a_table_that_only_places_things_is_read_as_what_is_in_it(
    written: Callable[..., list[tuple[str, str]]],
) -> None:
    heading = paragraph("Title", '<w:outlineLvl w:val="0"/>')
    table = f"<w:tbl><w:tr><w:tc>{heading}</w:tc><w:tc>{paragraph('text')}</w:tc></w:tr></w:tbl>"
    assert written(table) == [("heading", "Title"), ("paragraph", "text")]


def test_the_strict_variant_of_the_format_is_read(options: ParseOptions) -> None:
    content = package(paragraph("strict"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            text = source.read(name).decode()
            for family in ("officeDocument", "wordprocessingml"):
                text = text.replace(
                    f"http://schemas.openxmlformats.org/{family}/2006/", f"http://purl.oclc.org/ooxml/{family}/"
                )
            target.writestr(name, text)
    assert parse_docx(buffer.getvalue(), options).text == "strict"


def test_entities_are_refused(options: ParseOptions) -> None:
    content = package("<w:p/>", styles='<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>')
    with pytest.raises(DocumentHostile):
        parse_docx(content, options)


def test_nesting_without_end_is_damage(options: ParseOptions) -> None:
    depth = 5000
    body = "<w:tbl><w:tr><w:tc>" * depth + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * depth
    with pytest.raises(DocumentCorrupt):
        parse_docx(package(body), options)


def test_a_long_document_is_refused_while_it_is_written() -> None:
    with pytest.raises(DocumentTooLarge):
        parse_docx(package(paragraph("x" * 20) * 10), ParseOptions(ParseLimits(max_pages=1, max_chars=100)))


@given(pieces=st.lists(RUNS, max_size=12))
def test_whatever_a_body_holds_its_blocks_are_sound(
    options: ParseOptions, assert_sound: Callable[[ParsedDocument], None], pieces: list[str]
) -> None:
    body = "".join(pieces)
    opened = body.count("<w:p>") - body.count("</w:p>")
    try:
        assert_sound(parse_docx(package("<w:p>" * -opened + body + "</w:p>" * opened), options))
    except DocumentCorrupt:
        assert "<w:p>" in body or "</w:p>" in body  # Tags closed before they were opened.


def test_damaged_documents_raise_problems_only(assert_only_problems: Callable[[bytes, str], None]) -> None:
    buffer = io.BytesIO()
    document = Document()
    document.add_heading("a", 1)
    document.save(buffer)
    assert_only_problems(buffer.getvalue(), DOCX)
    assert_only_problems(package(paragraph("x") * 3), DOCX)


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + bytes(18), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"text"])
def test_what_is_no_document_is_corrupt(options: ParseOptions, content: bytes) -> None:
    with pytest.raises(DocumentCorrupt):
        parse_docx(content, options)
