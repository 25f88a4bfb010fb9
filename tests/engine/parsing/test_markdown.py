from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.markdown import parse_markdown

SOURCE = """---
title: The report
tags: [a, b]
date: 2024-05-06
author: Ada
---
# Head *one*

A paragraph
of two lines.

Second
------

1. first
2. second
   - nested

> quoted

| a | b |
|---|---|
| 1 | 2 |

```py
x = 1

y = 2
```

[link]: https://example.org
## Third
end
"""
PIECES = [
    "# h",
    "## h",
    "- ",
    "1. ",
    "> ",
    "```",
    "---",
    "===",
    "| a | b |",
    "|-|-|",
    "    ",
    "\t",
    "<div>",
    "</div>",
    "<!--",
    "-->",
    "[a]: b",
    "word",
    "\xa0",
]
MARKDOWN = st.lists(st.sampled_from([*PIECES, "\n", "\n", "\n\n", " "]) | st.text(max_size=5), max_size=60).map("".join)


def rows(document: ParsedDocument) -> list[tuple[BlockKind, tuple[str, ...], str]]:
    return [(b.kind, b.headings, document.text[b.start_char : b.end_char]) for b in document.blocks]


def test_the_canonical_text_is_the_source() -> None:
    assert parse_markdown(SOURCE.encode()).text == SOURCE


def test_every_construct_becomes_a_block_below_its_headings() -> None:
    one, second, third = ("Head one",), ("Head one", "Second"), ("Head one", "Third")
    assert rows(parse_markdown(SOURCE.encode()))[1:] == [
        (BlockKind.HEADING, (), "# Head *one*"),
        (BlockKind.PARAGRAPH, one, "A paragraph\nof two lines."),
        (BlockKind.HEADING, one, "Second\n------"),
        (BlockKind.LIST_ITEM, second, "1. first"),
        (BlockKind.LIST_ITEM, second, "2. second"),
        (BlockKind.LIST_ITEM, second, "- nested"),
        (BlockKind.QUOTE, second, "> quoted"),
        (BlockKind.TABLE_ROW, second, "| a | b |\n|---|---|"),
        (BlockKind.TABLE_ROW, second, "| 1 | 2 |"),
        (BlockKind.CODE, second, "```py\nx = 1\n\ny = 2\n```"),
        (BlockKind.PARAGRAPH, second, "[link]: https://example.org"),
        (BlockKind.HEADING, one, "## Third"),
        (BlockKind.PARAGRAPH, third, "end"),
    ]


def test_front_matter_is_a_block_and_becomes_metadata() -> None:
    document = parse_markdown(SOURCE.encode())
    assert rows(document)[0][2].startswith("---\ntitle: The report")
    assert document.title == "The report"
    assert document.metadata == {"title": "The report", "tags": "a, b", "date": "2024-05-06", "author": "Ada"}


def test_without_front_matter_the_first_heading_of_level_one_is_the_title() -> None:
    assert parse_markdown(b"## Small\n\n# The `title`\n\n# Other").title == "The title"


def test_yaml_aliases_are_not_expanded() -> None:
    links = "".join(f"k{i}: &k{i} [*k{i - 1}, *k{i - 1}]\n" for i in range(1, 200))
    document = parse_markdown(f"---\nk0: &k0 [x, x]\n{links}tags: *k199\nauthor: *k0\n---\ntext".encode())
    assert document.metadata == {"author": "x, x"}


def test_dashes_that_enclose_no_yaml_are_a_rule() -> None:
    document = parse_markdown(b"---\n[[[[\n---\ntext")
    assert document.metadata == {}


def test_a_file_longer_than_one_window_parses_as_one() -> None:
    part = "# H\n\n" + "- item\n" * 3000 + "\n```\n" + "code\n\n" * 6000 + "```\n\ntail\n\n"
    document = parse_markdown((part * 2).encode())
    kinds = [block.kind for block in document.blocks]
    assert kinds == [BlockKind.HEADING, *[BlockKind.LIST_ITEM] * 3000, BlockKind.CODE, BlockKind.PARAGRAPH] * 2


@given(MARKDOWN | st.binary())
def test_any_source_gives_a_sound_document(assert_sound: Callable[[ParsedDocument], None], source: str | bytes) -> None:
    # Latin 1 letters keep random bytes decodable; what is no text at all is tested with plain text.
    assert_sound(parse_markdown(source.encode() if isinstance(source, str) else source.decode("latin-1").encode()))
