"""A collection as a value, and what can be wrong with one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Literal, TypeAlias

from ragstone.engine.chunking.chunk import (
    DEFAULT_ROWS_PER_CHUNK,
    DEFAULT_WINDOW_SENTENCES,
    ChunkingOptions,
    Strategy,
)
from ragstone.kit.problem import Kind, Problem
from ragstone.ports.search_index import IndexSpace

Duplicates: TypeAlias = Literal["allow", "link", "reject"]
"""What becomes of content a collection has already: another document, the one that is there, or an error."""

DEFAULT_NAME: Final = "default"


@dataclass(frozen=True, slots=True)
class Chunking:
    """How documents are cut. Sizes are in the embedding model's tokens."""

    strategy: Strategy = "structure"
    max_tokens: int = 240
    overlap_tokens: int = 32
    window_sentences: int = DEFAULT_WINDOW_SENTENCES
    rows_per_chunk: int = DEFAULT_ROWS_PER_CHUNK

    def options(self) -> ChunkingOptions:
        """As the engine takes it."""
        return ChunkingOptions(
            self.max_tokens, self.overlap_tokens, self.strategy, self.window_sentences, self.rows_per_chunk
        )


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How a collection is searched unless the request says otherwise."""

    fusion: str = "zscore"
    depth: int = 50


@dataclass(frozen=True, slots=True)
class CollectionDraft:
    """What a user decides about a new collection."""

    name: str
    description: str = ""
    language: str | None = None
    chunking: Chunking = Chunking()
    retrieval: Retrieval = Retrieval()
    record_mapping: Mapping[str, Any] | None = None
    duplicates: Duplicates = "allow"
    embedding_model: str | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """One row of the collection table. `generation` and `dimensions` name the vectors its points carry.

    While the collection moves to another embedding model, `next_…` names the vectors it will have; after that,
    `previous_…` those it can go back to. `generation_job_id` is the job that is changing this.
    `indexed_chunking` is how everything in it was cut when it was last read as a whole.
    `record_mapping` is what becomes of records that are streamed into it, as `RecordMappingSpec` writes it.
    """

    id: str
    tenant_id: str
    name: str
    description: str
    language: str | None
    chunking: Chunking
    indexed_chunking: Chunking | None
    retrieval: Retrieval
    duplicates: Duplicates
    embedding_model: str
    generation: str
    dimensions: int
    created_at: datetime
    updated_at: datetime
    record_mapping: Mapping[str, Any] | None = None
    next_model: str | None = None
    next_generation: str | None = None
    next_dimensions: int | None = None
    previous_model: str | None = None
    previous_generation: str | None = None
    previous_dimensions: int | None = None
    generation_job_id: str | None = None

    @property
    def space(self) -> IndexSpace:
        """Where it is searched."""
        return IndexSpace(self.tenant_id, self.generation, self.dimensions)

    @property
    def written_spaces(self) -> tuple[IndexSpace, ...]:
        """Where points of new versions go: where it is searched, and where it is moving to."""
        return (self.space, *_space(self.tenant_id, self.next_generation, self.next_dimensions))

    @property
    def spaces(self) -> tuple[IndexSpace, ...]:
        """Where points of it may be, each once: also those of the generation it can go back to."""
        previous = _space(self.tenant_id, self.previous_generation, self.previous_dimensions)
        return tuple(dict.fromkeys((*self.written_spaces, *previous)))

    @property
    def reindex_needed(self) -> bool:
        """Whether some documents are cut in another way than new ones would be."""
        return self.indexed_chunking is not None and self.indexed_chunking != self.chunking


def _space(tenant_id: str, generation: str | None, dimensions: int | None) -> tuple[IndexSpace, ...]:
    return () if generation is None or dimensions is None else (IndexSpace(tenant_id, generation, dimensions),)


class CollectionNotFound(Problem):
    """There is no such collection in this tenant."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "collection_not_found"


class CollectionNameTaken(Problem):
    """The tenant has another collection of this name."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "collection_name_taken"
