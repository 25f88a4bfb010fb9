"""Collections on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ragstone.engine.chunking.chunk import Strategy
from ragstone.features.collections.collection import Chunking, Collection, Duplicates, Retrieval
from ragstone.features.collections.record_mapping import RecordMappingSpec

_CHUNKING = Chunking()
_RETRIEVAL = Retrieval()

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]


class ChunkingSettings(BaseModel):
    """How documents are cut into chunks. Sizes are in the embedding model's tokens."""

    model_config = ConfigDict(extra="forbid")

    strategy: Strategy = Field(
        "structure",
        description="`structure` keeps sections and paragraphs together; `fixed` makes windows of `max_tokens` tokens; "
        "`sentences` makes windows of a few sentences; `rows` makes a chunk of each few rows of a table.",
    )
    max_tokens: int = Field(_CHUNKING.max_tokens, ge=16, le=8192)
    overlap_tokens: int = Field(_CHUNKING.overlap_tokens, ge=0)

    window_sentences: int = Field(
        _CHUNKING.window_sentences, ge=1, le=50, description="Sentences in a chunk, for `sentences`."
    )
    rows_per_chunk: int = Field(_CHUNKING.rows_per_chunk, ge=1, le=500, description="Rows in a chunk, for `rows`.")

    @model_validator(mode="after")
    def _overlap_is_smaller(self) -> "ChunkingSettings":
        if self.overlap_tokens > self.max_tokens // 2:
            raise ValueError("overlap_tokens must be at most half of max_tokens")
        return self

    def value(self) -> Chunking:
        """As the use case takes it."""
        return Chunking(**self.model_dump())


class RetrievalSettings(BaseModel):
    """How a collection is searched unless the request says otherwise."""

    model_config = ConfigDict(extra="forbid")

    fusion: Literal["zscore", "rrf"] = Field("zscore", description="How the two legs become one ranking.")
    depth: int = Field(_RETRIEVAL.depth, ge=10, le=500, description="Hits taken from each leg before fusion.")

    def value(self) -> Retrieval:
        """As the use case takes it."""
        return Retrieval(self.fusion, self.depth)


class CollectionCreate(BaseModel):
    """A new collection."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    description: str = Field("", max_length=10_000)
    language: Language | None = Field(None, description="ISO 639 code; unset means told from each document.")
    chunking: ChunkingSettings = ChunkingSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    duplicates: Duplicates = Field(
        "allow",
        description="Content the collection has already, byte for byte: `allow` makes another document, `link` answers "
        "with the one that is there, `reject` refuses the request.",
    )
    record_mapping: RecordMappingSpec | None = Field(None, description="How records streamed into it become documents.")
    embedding_model: str | None = Field(
        None, max_length=200, description="One of the server's embedding models by name; unset means its default."
    )


class CollectionUpdate(BaseModel):
    """Fields to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    description: str | None = Field(None, max_length=10_000)
    language: Language | None = None
    chunking: ChunkingSettings | None = None
    retrieval: RetrievalSettings | None = None
    duplicates: Duplicates | None = None
    record_mapping: RecordMappingSpec | None = Field(None, description="Null takes the mapping away.")


class CollectionView(BaseModel):
    """A named corpus with settings of its own."""

    id: str
    name: str
    description: str
    language: str | None
    chunking: ChunkingSettings
    reindex_needed: bool = Field(
        description="Whether documents are cut in another way than `chunking` says, as it was changed since."
    )
    retrieval: RetrievalSettings
    duplicates: Duplicates
    record_mapping: RecordMappingSpec | None
    embedding_model: str = Field(description="`none` means the collection is searched by words alone.")
    next_model: str | None = Field(description="The embedding model the collection is moving to.")
    previous_model: str | None = Field(description="The embedding model the collection can go back to.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, collection: Collection) -> "CollectionView":
        """A collection as its tenant sees it."""
        return cls.model_validate(collection, from_attributes=True)


class CollectionPage(BaseModel):
    """Some collections, oldest first."""

    items: list[CollectionView]
    next_cursor: str | None
