import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.notebook import parse_notebook
from ragstone.engine.parsing.problems import DocumentCorrupt

OPTIONS = ParseOptions(ParseLimits(max_pages=100, max_chars=1_000_000))


def notebook(*cells: dict[str, Any], **metadata: Any) -> bytes:
    return json.dumps({"cells": list(cells), "metadata": metadata, "nbformat": 4}).encode()


def markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source.splitlines(keepends=True)}


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "outputs": list(outputs)}


def blocks_of(content: bytes) -> list[tuple[BlockKind, str, tuple[str, ...]]]:
    document = parse_notebook(content, OPTIONS)
    return [(block.kind, document.text[block.start_char : block.end_char], block.headings) for block in document.blocks]


def test_cells_come_in_order_and_code_stands_under_the_heading_above_it() -> None:
    printed = {"output_type": "stream", "text": ["4", "2\n"]}
    shown = {"output_type": "execute_result", "data": {"text/plain": "DataFrame", "image/png": "aGVsbG8="}}
    content = notebook(
        markdown("# تحليل\n\nنص"),
        code("x = 42\nprint(x)", printed, shown),
        markdown("## End"),
        language_info={"name": "python"},
    )
    assert blocks_of(content) == [
        (BlockKind.HEADING, "# تحليل", ()),
        (BlockKind.PARAGRAPH, "نص", ("تحليل",)),
        (BlockKind.CODE, "```python\nx = 42\nprint(x)\n```", ("تحليل",)),
        (BlockKind.CODE, "```\n42\n```", ("تحليل",)),
        (BlockKind.CODE, "```\nDataFrame\n```", ("تحليل",)),
        (BlockKind.HEADING, "## End", ("تحليل",)),
    ]


def test_errors_are_told_without_their_colours_and_long_outputs_are_cut() -> None:
    error = {"output_type": "error", "ename": "ValueError", "evalue": "\x1b[31mno\x1b[0m", "traceback": ["…"]}
    long = {"output_type": "stream", "text": "x" * 100_000}
    texts = [text for _, text, _ in blocks_of(notebook(code("f()", error), code("g()", long)))]
    assert "```\nValueError: no\n```" in texts
    assert len(texts[-1]) < 21_000


def test_a_fence_in_the_code_does_not_end_its_own() -> None:
    assert blocks_of(notebook(code("s = '''\n```\n'''"))) == [(BlockKind.CODE, "````\ns = '''\n```\n'''\n````", ())]


def test_the_title_is_the_notebooks_own_or_its_first_heading() -> None:
    assert parse_notebook(notebook(markdown("# One"), title="Own"), OPTIONS).title == "Own"
    assert parse_notebook(notebook(markdown("# One")), OPTIONS).title == "One"


def test_the_third_format_is_read() -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": "Part"},
        {"cell_type": "code", "input": "1+1", "outputs": [{"output_type": "pyout", "text": "2"}]},
    ]
    content = json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3}).encode()
    assert [text for _, text, _ in blocks_of(content)] == ["## Part", "```\n1+1\n```", "```\n2\n```"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"cells": 3}', b'{"cells": [', b"[" * 100_000])
def test_what_is_no_notebook_is_corrupt(content: bytes) -> None:
    with pytest.raises(DocumentCorrupt):
        parse_notebook(content, OPTIONS)


KEYS = [
    "cells",
    "cell_type",
    "source",
    "outputs",
    "data",
    "text/plain",
    "text",
    "metadata",
    "kernelspec",
    "level",
    "worksheets",
]


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["code", "markdown", "heading", "error"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
        max_leaves=30,
    )
)
def test_any_json_is_a_sound_notebook_or_corrupt(assert_sound: Callable[[ParsedDocument], None], value: object) -> None:
    with suppress(DocumentCorrupt):
        assert_sound(parse_notebook(json.dumps(value).encode(), OPTIONS))
