"""Fill the space a collection moves to from what is stored: nothing is read or cut again."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ragstone.features.collections.generation_store import Generation
from ragstone.features.documents import embedding_store, usage_store
from ragstone.features.ingestion.embed import embed_anew
from ragstone.features.ingestion.generations import store
from ragstone.features.ingestion.reindex_points import write_points
from ragstone.features.ingestion.relabel_points import settle
from ragstone.features.jobs.run import JobRun
from ragstone.ports.filters import Condition, Op
from ragstone.ports.runtime import Runtime
from ragstone.ports.search_index import IndexEntry, IndexSpace

_PAGE: Final = 1000
_EMBEDDED_AT_ONCE: Final = 128


@dataclass(frozen=True, slots=True)
class Build:
    """One attempt at filling the space of a generation with the points of one collection."""

    runtime: Runtime
    run: JobRun
    collection_id: str
    target: Generation
    space: IndexSpace = field(init=False)

    def __post_init__(self) -> None:
        space = IndexSpace(self.run.job.tenant_id, self.target.generation, self.target.dimensions)
        object.__setattr__(self, "space", space)

    async def write(self, document_ids: Sequence[str]) -> int:
        """Embed what is missing of documents and write all their points; how many."""
        spaces = {self.collection_id: (self.space,)}
        return await settle(self.runtime, self.run.scope, document_ids, spaces, self._write_chunks)

    async def mend(self) -> int:
        """Compare the space with the store: write what is missing, remove what should not be there.

        The number of points written; none means that the space was complete, and that every later change of a document
        is written to it by whoever makes the change.
        """
        missing: dict[str, None] = {}
        going: list[IndexEntry] = []
        indexed = self._scan()
        entry = await anext(indexed, None)
        async for chunk_id, document_id in self._stored():
            while entry is not None and entry.chunk_id < chunk_id:
                going.append(entry)
                entry = await anext(indexed, None)
            if entry is not None and entry.chunk_id == chunk_id:
                entry = await anext(indexed, None)
            else:
                missing[document_id] = None
            if len(going) >= _PAGE:
                await self._remove(going)
                going = []
        while entry is not None:
            going.append(entry)
            entry = await anext(indexed, None)
        await self._remove(going)
        return await self.write(list(missing)) if missing else 0

    async def _write_chunks(self, space: IndexSpace, chunk_ids: Sequence[str]) -> None:
        if self.target.dimensions:
            await self._embed(chunk_ids)
        await write_points(self.runtime, space, chunk_ids)

    async def _embed(self, chunk_ids: Sequence[str]) -> None:
        """Embed some at a time: what is embedded is kept, also if the next moment kills the process."""
        generation = self.target.generation
        async with self.runtime.db.read(self.run.scope) as connection:
            passages = await store.list_unembedded(connection, self.run.scope, generation, chunk_ids)
        for start in range(0, len(passages), _EMBEDDED_AT_ONCE):
            embedder = self.runtime.embedders.get(generation, self.target.model)
            some = passages[start : start + _EMBEDDED_AT_ONCE]
            made = await embed_anew(self.runtime, self.run.scope, embedder, some)
            async with self.runtime.db.transaction(self.run.scope) as connection:
                await self.run.guard_unless_cancelled(connection)
                await embedding_store.add_needed_vectors(connection, self.run.scope, generation, made.vectors)
                await usage_store.add_usage(
                    connection, self.run.scope, generation, made.model, made.usage, self.runtime.clock
                )

    async def _stored(self) -> AsyncIterator[tuple[str, str]]:
        after = ""
        while True:
            async with self.runtime.db.read(self.run.scope) as connection:
                page = await store.list_active_chunks(connection, self.run.scope, self.collection_id, after, _PAGE)
            for chunk_id, document_id in page.items():
                yield chunk_id, document_id
            if len(page) < _PAGE:
                return
            after = next(reversed(page))

    async def _scan(self) -> AsyncIterator[IndexEntry]:
        after: str | None = None
        while page := await self.runtime.index.scan(self.space, after, _PAGE):
            for entry in page:
                yield entry
            after = page[-1].chunk_id

    async def _remove(self, entries: Sequence[IndexEntry]) -> None:
        """Remove the points of versions that are gone for good. Others belong to another collection, or are coming."""
        version_ids = sorted({entry.version_id for entry in entries})
        async with self.runtime.db.read(self.run.scope) as connection:
            going = await store.list_going_versions(connection, self.run.scope, version_ids)
        if going:
            await self.runtime.index.delete(self.space, Condition("version_id", Op.IN, tuple(going)))
