"""Several documents as one: their texts in order, each under a heading of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from ragstone.engine.parsing.document import MetadataValue, PageRange, ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits
from ragstone.engine.parsing.text_writer import TextWriter

Part: TypeAlias = tuple[Sequence[str], ParsedDocument]
"""A document and the headings it stands under, outermost first; the last one is its own."""

_COUNTS: Final = frozenset({"members", "pages", "rows", "slides", "words"})
"""Metadata that add up; of all others the first document that has them is heard."""


def join(parts: Sequence[Part], limits: ParseLimits) -> ParsedDocument:
    """One document of all parts. Pages are numbered through; between documents with pages, one without counts as one.

    Raises `DocumentTooLarge`.
    """
    writer = TextWriter(limits)
    pages: list[PageRange] = []
    has_pages = any(document.pages for _, document in parts)
    above: Sequence[str] = ()
    for headings, document in parts:
        n_shared = _n_shared(above, headings[:-1])
        for level, title in enumerate(headings[n_shared:], start=n_shared + 1):
            writer.heading(level, title)
        start = writer.embed(document)
        if has_pages:
            pages += _moved(document, start, len(pages))
            limits.check(n_pages=len(pages))
        above = headings[:-1]
    return replace(writer.finish(metadata=_united([document.metadata for _, document in parts])), pages=tuple(pages))


def _n_shared(before: Sequence[str], now: Sequence[str]) -> int:
    """How many of the headings above a document are open already."""
    count = 0
    while count < min(len(before), len(now)) and before[count] == now[count]:
        count += 1
    return count


def _moved(document: ParsedDocument, start_char: int, n_before: int) -> list[PageRange]:
    n_chars = len(document.text.rstrip())
    pages = document.pages or (PageRange(1, 0, n_chars),)
    return [
        PageRange(
            number, start_char + min(page.start_char, n_chars), start_char + min(page.end_char, n_chars), page.label
        )
        for number, page in enumerate(pages, start=n_before + 1)
    ]


def _united(all_metadata: Sequence[Mapping[str, MetadataValue]]) -> dict[str, MetadataValue]:
    united: dict[str, MetadataValue] = {}
    for metadata in all_metadata:
        for key, value in metadata.items():
            known = united.setdefault(key, 0 if key in _COUNTS and isinstance(value, int) else value)
            if key in _COUNTS and isinstance(known, int) and isinstance(value, int):
                united[key] = known + value
    return united
