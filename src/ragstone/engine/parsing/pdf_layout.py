"""The lines of a PDF's pages to canonical text, blocks and page ranges.

Headings are lines that a bookmark names or, without bookmarks, short lines in letters larger than the body's.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ragstone.engine.parsing.document import Block, BlockKind, PageRange
from ragstone.engine.parsing.headings import HeadingPath, above, titles, under_heading
from ragstone.engine.parsing.pdf_text import Line
from ragstone.engine.parsing.plain import LIST_MARKER
from ragstone.engine.parsing.right_to_left import iter_paragraphs

_SAME_SIZE: Final = 0.15
_ROW: Final = 0.5  # Of the taller line's size.
_MAX_LEADING: Final = 1.9  # Of a line's size; double-spaced text is left in lines.
_LEADING_JUMP: Final = 1.25  # Of the block's own leading.
_INDENT: Final = 0.8  # Of a line's size.
_SENTENCE_ENDS: Final = ".!?:;”\"'»)"
_LARGER: Final = 1.15  # Of the body's size.
_MAX_HEADING_CHARS: Final = 200
_MAX_LARGE_SHARE: Final = 0.2  # Of all characters: where more are large, size does not mark headings.


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a page, top to bottom; `is_placed` tells whether they have a place and a size."""

    lines: tuple[Line, ...]
    is_placed: bool = True


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline; `page_index` counts from 0, `level` from 1."""

    page_index: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class _Group:
    """Lines of one block: characters `[start, end)` of its page's text."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0


def lay_out(
    pages: Sequence[Page], bookmarks: Sequence[Bookmark]
) -> tuple[str, tuple[Block, ...], tuple[PageRange, ...]]:
    """The text of all pages, parted by blank lines; a page without text has an empty range."""
    named = _named_headings(bookmarks)
    sizes = {} if named else _heading_sizes(pages)
    parts: list[str] = []
    blocks: list[Block] = []
    ranges: list[PageRange] = []
    path: HeadingPath = ()
    position = 0
    for index, page in enumerate(pages):
        text = "\n".join(line.text for line in page.lines)
        if text and parts:
            parts.append("\n\n")
            position += 2
        ranges.append(PageRange(index + 1, position, position + len(text)))
        for group in _iter_groups(page, text, [_level(line, named.get(index, {}), sizes) for line in page.lines]):
            path = above(path, group.level) if group.level else path
            blocks.append(Block(group.kind, position + group.start, position + group.end, titles(path)))
            if group.level:
                path = under_heading(path, group.level, text[group.start : group.end])
        parts.append(text)
        position += len(text)
    return "".join(parts), tuple(blocks), tuple(ranges)


def _iter_groups(page: Page, text: str, levels: Sequence[int]) -> Iterator[_Group]:
    if not text:
        return
    if not page.is_placed:
        yield from (_Group(BlockKind.PARAGRAPH, start, end) for start, end in iter_paragraphs(text))
        return
    first, start, end = 0, 0, len(page.lines[0].text)
    anchor = page.lines[0]
    leading: float | None = None
    for index, line in enumerate(page.lines[1:], start=1):
        if line.is_row or page.lines[index - 1].is_row:
            yield _group(page.lines[first], levels[first], start, end)
            first, start, anchor, leading = index, end + 1, line, None
        elif _is_same_row(line, anchor):
            anchor = max(anchor, line, key=lambda placed: placed.size)
        elif levels[index] != levels[index - 1] or _begins_block(line, anchor, leading):
            yield _group(page.lines[first], levels[first], start, end)
            first, start, anchor, leading = index, end + 1, line, None
        else:
            anchor, leading = line, leading or anchor.baseline - line.baseline
        end += len(line.text) + 1
    yield _group(page.lines[first], levels[first], start, end)


def _is_same_row(line: Line, anchor: Line) -> bool:
    """Raised and lowered signs, and the cells of a table, come as lines of their own."""
    return abs(anchor.baseline - line.baseline) < _ROW * max(anchor.size, line.size)


def _begins_block(line: Line, previous: Line, leading: float | None) -> bool:
    """Whether a line opens a new block; `leading` is the distance of lines in the block so far, if known."""
    if LIST_MARKER.match(line.text):
        return True
    if not line.size or not previous.size:
        return False
    distance = previous.baseline - line.baseline
    if abs(line.size - previous.size) > _SAME_SIZE * previous.size:
        return True
    if not 0 <= distance <= (_LEADING_JUMP * leading if leading else _MAX_LEADING * line.size):
        return True
    return line.left - previous.left > _INDENT * line.size and previous.text[-1] in _SENTENCE_ENDS


def _group(line: Line, level: int, start: int, end: int) -> _Group:
    if line.is_row:
        return _Group(BlockKind.TABLE_ROW, start, end)
    if level:
        return _Group(BlockKind.HEADING, start, end, level)
    return _Group(BlockKind.LIST_ITEM if LIST_MARKER.match(line.text) else BlockKind.PARAGRAPH, start, end)


def _level(line: Line, named: Mapping[str, int], sizes: Mapping[int, int]) -> int:
    """The level of a heading, or 0 for any other line."""
    if line.is_row or len(line.text) > _MAX_HEADING_CHARS:
        return 0
    return named.get(_key(line.text), 0) or (sizes.get(round(line.size), 0) if _has_letter(line.text) else 0)


def _named_headings(bookmarks: Sequence[Bookmark]) -> Mapping[int, Mapping[str, int]]:
    """The level of every bookmark, by page and by the letters of its title."""
    named: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for bookmark in bookmarks:
        if key := _key(bookmark.title):
            named[bookmark.page_index].setdefault(key, bookmark.level)
    return named


def _heading_sizes(pages: Sequence[Page]) -> Mapping[int, int]:
    """The level that each size of line (in whole points) larger than the body's stands for; the largest is 1."""
    n_chars: Counter[int] = Counter()
    for page in pages:
        for line in page.lines:
            n_chars[round(line.size)] += len(line.text)
    del n_chars[0]
    if not n_chars:
        return {}
    body = n_chars.most_common(1)[0][0]
    larger = sorted((size for size in n_chars if size >= _LARGER * body), reverse=True)
    if sum(n_chars[size] for size in larger) > _MAX_LARGE_SHARE * n_chars.total():
        return {}
    return {size: level for level, size in enumerate(larger, start=1)}


def _key(title: str) -> str:
    """A title's letters: its number, spaces and case differ between an outline and a page."""
    return "".join(character for character in title.casefold() if character.isalpha())


def _has_letter(text: str) -> bool:
    return any(character.isalpha() for character in text)
