"""Markdown: the canonical text is the source itself, so that a reader is shown what was stored.

Blocks are found by CommonMark's rules (and GitHub's for tables); inline marks are left as they stand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ragstone.engine.parsing.canonical import canonical_text, iter_lines, trim
from ragstone.engine.parsing.decode import decode
from ragstone.engine.parsing.document import Block, BlockKind, ParsedDocument
from ragstone.engine.parsing.front_matter import split_front_matter
from ragstone.engine.parsing.headings import HeadingPath, above, titles, under_heading

_WINDOW_LINES: Final = 4096
_MAX_HEADING_CHARS: Final = 1000
_LEAVES: Final = {
    "code_block": BlockKind.CODE,
    "fence": BlockKind.CODE,
    "heading_open": BlockKind.HEADING,
    "html_block": BlockKind.PARAGRAPH,
    "paragraph_open": BlockKind.PARAGRAPH,
    "tr_open": BlockKind.TABLE_ROW,
}
_CONTAINERS: Final = {
    "blockquote_open": BlockKind.QUOTE,
    "list_item_open": BlockKind.LIST_ITEM,
}


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A block that holds no other block: lines `[start_line, end_line)`. `level` is 0 for all but headings."""

    kind: BlockKind
    start_line: int
    end_line: int
    level: int = 0
    title: str = ""


def parse_markdown(content: bytes) -> ParsedDocument:
    """A Markdown file in any encoding, with or without front matter.

    Raises `DocumentCorrupt` for bytes that are no text.
    """
    text = canonical_text(decode(content, "text/markdown"))
    start, metadata = split_front_matter(text)
    front = (Block(BlockKind.CODE, *trim(text, 0, start)),) if start else ()
    lines = [(start + line_start, start + line_end) for line_start, line_end in iter_lines(text[start:])]
    leaves = _with_gaps_filled(text, lines, _iter_leaves(text, lines))
    blocks, first_title = _blocks(text, lines, leaves)
    return ParsedDocument(text, front + blocks, title=metadata.get("title") or first_title, metadata=metadata)


def _blocks(
    text: str, lines: Sequence[tuple[int, int]], leaves: Iterator[_Leaf]
) -> tuple[tuple[Block, ...], str | None]:
    """The blocks under their headings, and the title of the first heading of level 1."""
    path: HeadingPath = ()
    blocks: list[Block] = []
    title = None
    for leaf in leaves:
        start, end = trim(text, lines[leaf.start_line][0], lines[leaf.end_line - 1][1])
        if start == end:  # To Markdown a no-break space is a paragraph.
            continue
        path = above(path, leaf.level) if leaf.level else path
        blocks.append(Block(leaf.kind, start, end, titles(path)))
        if leaf.title:
            path = under_heading(path, leaf.level, leaf.title)
            title = title or (leaf.title if leaf.level == 1 else None)
    return tuple(blocks), title


def _iter_leaves(text: str, lines: Sequence[tuple[int, int]]) -> Iterator[_Leaf]:
    """The leaves of the whole source, parsed window by window, so that memory does not grow with the file.

    A top-level block depends on no block before it. So a window is read up to its last block, which may go on below,
    and the next one begins there; a window that holds one block only is doubled.
    """
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.disable(["inline"])
    first, n_lines = 0, _WINDOW_LINES
    while first < len(lines):
        last = min(first + n_lines, len(lines))
        tokens = parser.parse(text[lines[first][0] : lines[last - 1][1]])
        top = [index for index, token in enumerate(tokens) if token.level == 0 and token.map and token.nesting >= 0]
        next_first = first + (tokens[top[-1]].map or [0])[0] if top else first
        if last == len(lines):
            yield from _leaves_of(tokens, first)
            return
        if next_first == first:
            n_lines *= 2
            continue
        yield from _leaves_of(tokens[: top[-1]], first)
        first, n_lines = next_first, _WINDOW_LINES


def _leaves_of(tokens: Sequence[Token], first_line: int) -> Iterator[_Leaf]:
    containers: list[BlockKind] = []
    in_table_head = False
    for index, token in enumerate(tokens):
        if token.type in _CONTAINERS:
            containers.append(_CONTAINERS[token.type])
        elif token.type in {"blockquote_close", "list_item_close"}:
            containers.pop()
        elif token.type in {"thead_open", "thead_close"}:
            in_table_head = token.nesting > 0
        kind = _LEAVES.get(token.type)
        if kind is None or token.map is None:
            continue
        if kind is BlockKind.PARAGRAPH and containers:
            kind = containers[-1]
        start, end = (first_line + line for line in token.map)
        if kind is BlockKind.HEADING and not containers:
            yield _Leaf(kind, start, end, int(token.tag[1:]), _plain(tokens[index + 1].content))
        else:
            yield _Leaf(kind, start, end + in_table_head)  # The row of dashes below a table's head belongs to it.


def _plain(source: str) -> str:
    """A heading's words, without Markdown's inline marks."""
    inline = MarkdownIt("commonmark").parseInline(source[:_MAX_HEADING_CHARS])[0]
    words = (
        " " if child.type.endswith("break") else child.content
        for child in inline.children or ()
        if child.type != "html_inline"
    )
    return " ".join("".join(words).split())


def _with_gaps_filled(text: str, lines: Sequence[tuple[int, int]], leaves: Iterator[_Leaf]) -> Iterator[_Leaf]:
    """The leaves, and leaves for lines that Markdown shows no text for: rules, link definitions, empty items."""
    covered = 0
    for leaf in leaves:
        yield from _gap(text, lines, covered, leaf.start_line)
        yield leaf
        covered = leaf.end_line
    yield from _gap(text, lines, covered, len(lines))


def _gap(text: str, lines: Sequence[tuple[int, int]], first: int, last: int) -> Iterator[_Leaf]:
    start = first
    for index in range(first, last + 1):
        if index < last and text[slice(*lines[index])].strip():
            continue
        if start < index:
            yield _Leaf(BlockKind.PARAGRAPH, start, index)
        start = index + 1
