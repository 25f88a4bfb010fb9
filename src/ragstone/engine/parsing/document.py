"""What every parser returns: the canonical text and what is known about its parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

MetadataValue: TypeAlias = str | int | float | bool | tuple[str, ...]
"""What one field of metadata may hold; moments are RFC 3339 texts."""


class BlockKind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    CODE = "code"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the canonical text that belongs together: `text[start_char:end_char]`.

    `headings` are the titles of the sections around it, outermost first; a heading's own path ends before itself.
    """

    kind: BlockKind
    start_char: int
    end_char: int
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageRange:
    """Page `number`, counted from 1, is `text[start_char:end_char]`.

    `label` is what the document itself calls the page, where that is not its number: `iv`, `A-3`, the name of a sheet.
    """

    number: int
    start_char: int
    end_char: int
    label: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document's canonical text. Blocks and pages are in order and do not overlap; only white space is outside
    blocks. `metadata` is what the file says of itself (title, author, dates …).
    """

    text: str
    blocks: tuple[Block, ...]
    pages: tuple[PageRange, ...] = ()
    title: str | None = None
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)
