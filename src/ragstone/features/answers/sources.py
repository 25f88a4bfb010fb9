"""Hits to sources, and ranges of sources back to spans of the stored canonical text."""

from bisect import bisect_right
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.database import Database
from ragstone.engine.answering.citations import Citation
from ragstone.engine.answering.fit import Passage, fit
from ragstone.features.answers.result import SourceChanged, VerifiedCitation
from ragstone.features.documents import chunk_store, store
from ragstone.features.documents.document import FoundChunk
from ragstone.features.search.result import SearchHit
from ragstone.kit.scope import Scope

_BUDGET_CHARS = 16_000
_MAX_SOURCES = 8


class SourceShelf:
    """The sources of one answer. It knows where each stands, and lets no citation out that is not what is stored."""

    def __init__(self, db: Database, scope: Scope, hits: Sequence[SearchHit]) -> None:
        self._db = db
        self._scope = scope
        fitted = fit([_passage(hit.found) for hit in hits], _BUDGET_CHARS, _MAX_SOURCES)
        self.sources = tuple(item.source for item in fitted)
        self._found = {item.source.marker: hits[item.passage_index].found for item in fitted}
        self._texts = {source.marker: source.text for source in self.sources}

    async def verify(self, citation: Citation) -> VerifiedCitation:
        """The citation with its span in the document, after comparing the quote with the stored bytes.

        Raises `SourceChanged` if they differ: the document was deleted meanwhile, or the store is damaged.
        """
        found = self._found[citation.marker]
        text = self._texts[citation.marker]
        quote = text[citation.start_char : citation.end_char]
        start_byte = found.chunk.start_byte + len(text[: citation.start_char].encode())
        end_byte = start_byte + len(quote.encode())
        start_char = found.chunk.start_char + citation.start_char
        async with self._db.read(self._scope) as connection:
            stored = await chunk_store.find_text_slice(
                connection, self._scope, found.chunk.version_id, start_byte, end_byte
            )
            if stored != quote.encode():
                raise SourceChanged(document_id=found.chunk.document_id)
            page, label = await _page(connection, self._scope, found, start_char)
        return VerifiedCitation(
            marker=citation.marker,
            document_id=found.chunk.document_id,
            document_title=found.document_title,
            version=found.version,
            version_sha256=found.version_sha256,
            chunk_id=found.chunk.id,
            quote=quote,
            start_byte=start_byte,
            end_byte=end_byte,
            start_char=start_char,
            end_char=start_char + len(quote),
            page_start=page,
            page_label=label,
            verified=citation.verified,
        )


def _passage(found: FoundChunk) -> Passage:
    chunk = found.chunk
    return Passage(
        version_id=chunk.version_id,
        start_char=chunk.start_char,
        end_char=chunk.end_char,
        title=found.document_title,
        headings=chunk.headings,
        text=chunk.text,
        language=found.language or "",
    )


async def _page(
    connection: AsyncConnection, scope: Scope, found: FoundChunk, start_char: int
) -> tuple[int | None, str | None]:
    """The page a place of the text is on, and its label; a chunk on one page needs no look."""
    chunk = found.chunk
    if chunk.page_start == chunk.page_end:
        return chunk.page_start, chunk.page_label
    version = await store.find_version(connection, scope, chunk.version_id)
    if version is None or not version.page_starts:
        return chunk.page_start, chunk.page_label
    page = bisect_right(version.page_starts, start_char)
    return page, (version.page_labels[page - 1] or None) if version.page_labels and page else None
