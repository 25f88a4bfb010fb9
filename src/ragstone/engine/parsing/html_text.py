"""The visible text of a page, block by block, from one walk over its tree."""

import re
from collections.abc import Iterator
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ragstone.engine.parsing.canonical import canonical_text, trim
from ragstone.engine.parsing.document import Block, BlockKind
from ragstone.engine.parsing.headings import HeadingPath, above, titles, under_heading
from ragstone.engine.parsing.html_tables import Cell, Table, span

VOID_TAGS: Final = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
"""Elements that never have content (HTML Living Standard, section 13.1.2)."""

_UNSEEN_TAGS: Final = frozenset(
    [
        "annotation-xml",
        "annotation",
        "canvas",
        "datalist",
        "iframe",
        "noscript",
        "object",
        "script",
        "style",
        "template",
        "title",
    ]
)
_BLOCK_TAGS: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "main",
        "menu",
        "nav",
        "ol",
        "optgroup",
        "option",
        "p",
        "search",
        "section",
        "select",
        "summary",
        "table",
        "tbody",
        "td",
        "textarea",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_KINDS: Final = {
    "blockquote": (BlockKind.QUOTE, 0),
    "li": (BlockKind.LIST_ITEM, 0),
    "pre": (BlockKind.CODE, 0),
    **{f"h{level}": (BlockKind.HEADING, level) for level in range(1, 7)},
}
"""The kind of block an element makes, and its level if that is a heading."""

_NO_KIND: Final = (BlockKind.PARAGRAPH, 0)
_RUN_KINDS: Final = (BlockKind.TABLE_ROW, BlockKind.LIST_ITEM)
_CELLS: Final = frozenset({"td", "th"})
_DISPLAY_NONE: Final = re.compile(r"display\s*:\s*none\b", re.IGNORECASE)
_SPACES: Final = re.compile(r"[ \t\n\r\f]+")
_REPEATED_SPACE: Final = re.compile(" {2,}")
_SPACE_AT_BREAK: Final = re.compile(" ?\n ?")


def visible_text(tree: LexborHTMLParser) -> tuple[str, tuple[Block, ...], str | None]:
    """The canonical text of a page, its blocks, and its first heading of level 1."""
    if tree.root is None:
        return "", (), None
    writer = _Writer(_layout_tables(tree.root) if tree.css_first("table") else frozenset())
    for node, tag, is_start in _iter_visible(tree.root):
        if tag == "-text":
            if is_start:
                writer.add_text(node.text_content or "")
        elif is_start:
            writer.open(tag, node)
        else:
            writer.close(tag, node)
    return "".join(writer.parts), tuple(writer.blocks), writer.first_heading


def _iter_visible(root: LexborNode) -> Iterator[tuple[LexborNode, str, bool]]:
    """Every visible node with its tag, at its start and at its end. Pages nest deeper than Python recurses."""
    node, depth = root, 0
    while True:
        tag = node.tag or ""
        if _is_visible(node, tag):
            yield node, tag, True
            if child := node.child:
                node, depth = child, depth + 1
                continue
            yield node, tag, False
        while depth and not node.next:
            parent = node.parent
            assert parent is not None
            node, depth = parent, depth - 1
            yield node, node.tag or "", False
        if not depth:
            return
        sibling = node.next
        assert sibling is not None
        node = sibling


def _is_visible(node: LexborNode, tag: str) -> bool:
    if tag == "-text":
        return True
    if tag in _UNSEEN_TAGS or not node.is_element_node:
        return False
    attributes = node.attributes
    return not attributes or ("hidden" not in attributes and not _DISPLAY_NONE.search(attributes.get("style") or ""))


def _layout_tables(root: LexborNode) -> frozenset[int]:
    """Tables that hold tables or headings: they only place things on a page, so their rows are not records."""
    open_tables: list[int] = []
    found = set()
    for node, tag, is_start in _iter_visible(root):
        if is_start and open_tables and (tag == "table" or _KINDS.get(tag, _NO_KIND)[1]):
            found.add(open_tables[-1])
        if tag == "table":
            if is_start:
                open_tables.append(node.mem_id)
            else:
                open_tables.pop()
    return frozenset(found)


class _Writer:
    """Collects text until a block ends, then appends it, cleaned, to the canonical text."""

    def __init__(self, layout_tables: frozenset[int]) -> None:
        self.parts: list[str] = []
        self.blocks: list[Block] = []
        self.first_heading: str | None = None
        self._layout_tables = layout_tables
        self._path: HeadingPath = ()
        self._length = 0
        self._kinds = [_NO_KIND]  # Of every open element that sets one, with a heading's level.
        self._pieces: list[str] = []
        self._cells: list[Cell] | None = None  # The finished cells of the row being read; None outside rows.
        self._tables: list[Table | None] = []  # Every open table; None where its rows are no records.
        self._is_in_head = False

    def open(self, tag: str, node: LexborNode) -> None:
        """An element begins."""
        if tag == "br":
            self._pieces.append(" " if self._in_row else "\n")
        elif tag in _BLOCK_TAGS or tag in _KINDS:
            self._end_block()
        if tag == "table":
            self._tables.append(None if node.mem_id in self._layout_tables else Table())
        elif tag == "thead":
            self._is_in_head = True
        elif tag == "tr" and self._tables and self._tables[-1] is not None:
            self._cells = []
        if tag in _KINDS:
            self._kinds.append(_KINDS[tag])

    def close(self, tag: str, node: LexborNode) -> None:
        """An element ends."""
        if tag == "tr" and self._in_row:
            self._end_row()
        elif tag in _CELLS and self._cells is not None:
            marks = node.attributes
            spans = span(marks.get("colspan")), span(marks.get("rowspan"))
            self._cells.append(Cell(self._take_line(), tag == "th", *spans))
        elif tag in _BLOCK_TAGS or tag in _KINDS:
            self._end_block()
        if tag == "table":
            self._end_table()
        elif tag == "thead":
            self._is_in_head = False
        if tag in _KINDS:
            self._kinds.pop()

    def add_text(self, text: str) -> None:
        """Text between tags. Its white space only counts inside `<pre>`."""
        is_code = self._kinds[-1][0] is BlockKind.CODE and not self._in_row
        self._pieces.append(text if is_code else _SPACES.sub(" ", text))

    @property
    def _in_row(self) -> bool:
        return self._cells is not None

    def _end_block(self) -> None:
        """Within a row only a word ends with a block."""
        if self._in_row:
            self._pieces.append(" ")
            return
        kind, level = self._kinds[-1]
        text = self._take_code() if kind is BlockKind.CODE else self._take_lines()
        if not text.strip():
            return
        self._path = above(self._path, level) if level else self._path
        self._append(kind, text)
        if level:
            self._path = under_heading(self._path, level, text)
            self.first_heading = self.first_heading or (titles(self._path)[-1] if level == 1 else None)

    def _end_row(self) -> None:
        cells, self._cells = self._cells or [], None
        if rest := self._take_line():
            cells.append(Cell(rest))
        table = self._tables[-1]
        if table is not None:
            table.add_row(cells, is_head=self._is_in_head)

    def _end_table(self) -> None:
        table = self._tables.pop()
        for text in table.iter_texts() if table else ():
            self._append(BlockKind.TABLE_ROW, text)

    def _take_code(self) -> str:
        text = canonical_text("".join(self._pieces))
        self._pieces.clear()
        return text.strip("\n").rstrip()

    def _take_lines(self) -> str:
        text = canonical_text("".join(self._pieces))
        self._pieces.clear()
        return _SPACE_AT_BREAK.sub("\n", _REPEATED_SPACE.sub(" ", text)).strip()

    def _take_line(self) -> str:
        return self._take_lines().replace("\n", " ")

    def _append(self, kind: BlockKind, text: str) -> None:
        if self.blocks:
            is_run = kind in _RUN_KINDS and self.blocks[-1].kind is kind
            self.parts.append("\n" if is_run else "\n\n")
            self._length += len(self.parts[-1])
        start, end = trim(text, 0, len(text))
        self.blocks.append(Block(kind, self._length + start, self._length + end, titles(self._path)))
        self.parts.append(text)
        self._length += len(text)
