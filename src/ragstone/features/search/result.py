"""What is searched for, and what is found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ragstone.engine.ranking.hits import RankedHit
from ragstone.features.documents.document import FoundChunk
from ragstone.ports.filters import Filter
from ragstone.ports.search_index import FacetCount, Plan


class Mode(StrEnum):
    """Which legs are used."""

    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


class Notice(StrEnum):
    """Why a search was not done quite as asked."""

    NO_EMBEDDING_MODEL = "no_embedding_model"
    LANGUAGE_NOT_COVERED = "language_not_covered"
    MODEL_CHANGED = "model_changed"
    EMBEDDER_UNAVAILABLE = "embedder_unavailable"
    NO_RERANKER = "no_reranker"


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One search. `mmr_lambda` from 0 (varied) to 1 (relevant) asks for diversity; unset, the order is relevance."""

    query: str
    collection_ids: Sequence[str] | None = None
    filter: Filter | None = None
    mode: Mode = Mode.HYBRID
    limit: int = 10
    fusion: str | None = None
    rerank: bool = False
    dedupe: bool = True
    mmr_lambda: float | None = None
    facets: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A chunk that was found, where it stood on each leg, and its place after diversification, if that was asked."""

    found: FoundChunk
    ranked: RankedHit
    mmr_rank: int | None = None
    duplicate_ids: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """What the hits are ordered by, unless diversity was asked for."""
        return self.ranked.score


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """The hits, best first, and how they were found."""

    query_id: str
    hits: tuple[SearchHit, ...]
    timings_ms: Mapping[str, float]
    plan: Plan
    notices: tuple[Notice, ...] = ()
    facets: Mapping[str, tuple[FacetCount, ...]] = field(default_factory=dict)
