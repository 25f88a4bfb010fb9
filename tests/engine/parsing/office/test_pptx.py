import io
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.media_types import PPTX
from ragstone.engine.parsing.office.pptx import parse_pptx
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentTooLarge

Shown = Callable[[ParsedDocument], list[tuple[str, str]]]
BOX = [Inches(number) for number in (1, 1, 4, 1)]
PIECES = st.sampled_from(
    [
        "<a:p><a:r><a:t>text</a:t></a:r></a:p>",
        '<a:p><a:pPr lvl="1"><a:buAutoNum type="alphaLcParenR"/></a:pPr><a:r><a:t>نص</a:t></a:r><a:br/></a:p>',
        '<a:p><a:fld type="slidenum"><a:t>7</a:t></a:fld></a:p>',
        "<a:p/>",
        '<a:p><a:pPr lvl="x"/><a:r><a:t>y</a:t></a:r></a:p>',
    ]
)


def saved(presentation: Any) -> bytes:
    buffer = io.BytesIO()
    presentation.save(buffer)
    return buffer.getvalue()


def edited(content: bytes, part: str, old: str, new: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == part:
                assert old.encode() in data
                data = data.replace(old.encode(), new.encode(), 1)
            target.writestr(name, data)
    return buffer.getvalue()


def test_a_slide_is_a_page_under_its_title_with_its_shapes_and_notes(options: ParseOptions, shown: Shown) -> None:
    presentation = Presentation()
    presentation.core_properties.author = "Sara"
    presentation.core_properties.title = "PowerPoint Presentation"
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "العنوان"
    slide.placeholders[1].text = "one\ntwo"
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(*BOX).text_frame.text = "grouped"
    table = slide.shapes.add_table(2, 2, *BOX).table
    for column, texts in enumerate([("City", "Cairo"), ("Sold", "12")]):
        for row, text in enumerate(texts):
            table.cell(row, column).text = text
    slide.notes_slide.notes_text_frame.text = "say this"
    presentation.slides.add_slide(presentation.slide_layouts[6]).shapes.add_textbox(*BOX).text_frame.text = "bare"
    parsed = parse_pptx(saved(presentation), options)
    assert shown(parsed) == [
        ("heading", "العنوان"),
        ("list_item", "one"),
        ("list_item", "two"),
        ("paragraph", "grouped"),
        ("table_row", "City: Cairo | Sold: 12"),
        ("paragraph", "say this"),
        ("paragraph", "bare"),
    ]
    assert parsed.blocks[-2].headings == ("العنوان",)
    assert parsed.blocks[-1].headings == ()
    assert [parsed.text[page.start_char : page.end_char][-4:] for page in parsed.pages] == ["this", "bare"]
    assert (parsed.title, parsed.metadata["author"], parsed.metadata["slides"]) == ("العنوان", "Sara", 2)


def test_a_title_comes_first_and_a_footer_once(options: ParseOptions, shown: Shown) -> None:
    presentation = Presentation()
    for number in range(2):
        slide = presentation.slides.add_slide(presentation.slide_layouts[5])
        slide.shapes.title.text = f"Title {number}"
        box = slide.shapes.add_textbox(*BOX)
        box.text_frame.text = "Company"
        mark = "{http://schemas.openxmlformats.org/presentationml/2006/main}ph"
        box._element.nvSpPr.nvPr.append(box._element.makeelement(mark, {"type": "ftr"}))
        slide.shapes._spTree.append(slide.shapes.title._element)
    assert shown(parse_pptx(saved(presentation), options)) == [
        ("heading", "Title 0"),
        ("paragraph", "Company"),
        ("heading", "Title 1"),
    ]


def test_a_chart_is_a_table_of_its_values(options: ParseOptions, shown: Shown) -> None:
    presentation = Presentation()
    data: Any = CategoryChartData()  # type: ignore[no-untyped-call]  # It has no types.
    data.categories = ["North", "South"]
    data.add_series("Sold", (19.5, 21))
    data.add_series("Left", (4, 5))
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *BOX, data).chart.has_title = False
    assert shown(parse_pptx(saved(presentation), options)) == [
        ("table_row", "North | Sold: 19.5 | Left: 4"),
        ("table_row", "South | Sold: 21 | Left: 5"),
    ]


def test_numbered_lists_are_numbered_and_bullets_are_items(options: ParseOptions, shown: Shown) -> None:
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    slide.shapes.add_textbox(*BOX).text_frame.text = "x"

    def line(text: str, bullet: str, level: int = 0) -> str:
        return f'<a:p><a:pPr lvl="{level}">{bullet}</a:pPr><a:r><a:t>{text}</a:t></a:r></a:p>'

    number, letter = '<a:buAutoNum type="arabicPeriod" startAt="3"/>', '<a:buAutoNum type="alphaLcParenR"/>'
    lines = [
        line("a", number),
        line("b", letter, 1),
        line("c", letter, 1),
        line("d", number),
        line("e", '<a:buChar char="o"/>'),
    ]
    content = edited(saved(presentation), "ppt/slides/slide1.xml", "<a:p><a:r><a:t>x</a:t></a:r></a:p>", "".join(lines))
    assert shown(parse_pptx(content, options)) == [
        ("list_item", text) for text in ("3. a", "a) b", "b) c", "4. d", "e")
    ]


def test_hidden_slides_are_read_and_missing_parts_of_a_slide_do_no_harm(options: ParseOptions) -> None:
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    slide._element.set("show", "0")
    slide.shapes.add_textbox(*BOX).text_frame.text = "hidden"
    data: Any = CategoryChartData()  # type: ignore[no-untyped-call]  # It has no types.
    data.categories = ["North"]
    data.add_series("Sold", (1,))
    slide.shapes.add_chart(XL_CHART_TYPE.PIE, *BOX, data)
    content = edited(saved(presentation), "ppt/slides/_rels/slide1.xml.rels", "charts/chart", "charts/gone")
    assert parse_pptx(content, options).text == "hidden"


def test_more_slides_than_pages_are_allowed_are_too_many() -> None:
    presentation = Presentation()
    for _ in range(3):
        presentation.slides.add_slide(presentation.slide_layouts[6])
    with pytest.raises(DocumentTooLarge):
        parse_pptx(saved(presentation), ParseOptions(ParseLimits(max_pages=2, max_chars=100)))


@cache
def template() -> bytes:
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    slide.shapes.add_textbox(*BOX).text_frame.text = "x"
    return saved(presentation)


@given(pieces=st.lists(PIECES, max_size=8))
def test_whatever_a_slide_holds_its_blocks_are_sound(
    options: ParseOptions, assert_sound: Callable[[ParsedDocument], None], pieces: list[str]
) -> None:
    body = "".join(pieces)
    content = edited(template(), "ppt/slides/slide1.xml", "<a:p><a:r><a:t>x</a:t></a:r></a:p>", body)
    try:
        assert_sound(parse_pptx(content, options))
    except DocumentCorrupt:
        assert 'lvl="x"' in body


def test_damaged_presentations_raise_problems_only(
    assert_only_problems: Callable[[bytes, str], None],
) -> None:
    assert_only_problems(template(), PPTX)
