"""Search on the wire."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ragstone.engine.language.analyse import terms
from ragstone.features.search.filters import FilterNode
from ragstone.features.search.result import Mode, SearchHit, SearchOutcome, SearchRequest
from ragstone.kit.i18n import message

QueryText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
FacetField = Literal["type", "tag", "language", "collection_id", "document_id", "filename"]


class Mmr(BaseModel):
    """Maximal marginal relevance."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    lambda_: float = Field(0.7, alias="lambda", ge=0, le=1, description="1 orders by relevance alone, 0 by variety.")


class SearchBody(BaseModel):
    """One search."""

    model_config = ConfigDict(extra="forbid")

    query: QueryText
    collection_ids: list[str] | None = Field(None, max_length=1000, description="Unset means all of the tenant's.")
    filters: FilterNode | None = None
    mode: Mode = Mode.HYBRID
    limit: int = Field(10, ge=1, le=100)
    fusion: Literal["zscore", "rrf"] | None = Field(None, description="Unset means as the collection has it.")
    rerank: bool = False
    mmr: Mmr | None = None
    dedupe: bool = True
    explain: bool = False
    facets: list[FacetField] = Field(default_factory=list, max_length=10)

    def request(self) -> SearchRequest:
        """As the use case takes it."""
        return SearchRequest(
            query=self.query,
            collection_ids=self.collection_ids,
            filter=self.filters.tree() if self.filters else None,
            mode=self.mode,
            limit=self.limit,
            fusion=self.fusion,
            rerank=self.rerank,
            dedupe=self.dedupe,
            mmr_lambda=self.mmr.lambda_ if self.mmr else None,
            facets=tuple(self.facets),
        )


class SpanView(BaseModel):
    """Where a chunk stands in its document's canonical text; half-open. Pages count from 1.

    `page_label` is what the document calls the first page, where that is not its number.
    """

    start_byte: int
    end_byte: int
    start_char: int
    end_char: int
    page_start: int | None = None
    page_end: int | None = None
    page_label: str | None = None


class Explanation(BaseModel):
    """Why a hit is where it is. A rank or score is null where that stage did not see the hit."""

    lexical_rank: int | None
    lexical_score: float | None
    dense_rank: int | None
    dense_score: float | None
    fused_score: float
    rerank_score: float | None = None
    mmr_rank: int | None
    terms: list[str] = Field(description="Terms of the question that the chunk contains, as the analyser sees them.")
    duplicate_ids: list[str] = Field(description="Chunks left out because they repeat this one.")

    @classmethod
    def of(cls, hit: SearchHit, asked: frozenset[str]) -> "Explanation":
        """The explanation of a hit for a question with these terms."""
        lexical, dense = hit.ranked.lexical, hit.ranked.dense
        return cls(
            lexical_rank=lexical.rank if lexical else None,
            lexical_score=lexical.score if lexical else None,
            dense_rank=dense.rank if dense else None,
            dense_score=dense.score if dense else None,
            fused_score=hit.score,
            mmr_rank=hit.mmr_rank,
            terms=sorted(asked.intersection(terms(f"{hit.found.document_title}\n{hit.found.chunk.text}"))),
            duplicate_ids=list(hit.duplicate_ids),
        )


class HitView(BaseModel):
    """A chunk that was found."""

    chunk_id: str
    document_id: str
    document_title: str
    version: int
    collection_id: str
    text: str
    score: float
    span: SpanView
    headings: list[str]
    metadata: dict[str, Any]
    explain: Explanation | None = None

    @classmethod
    def of(cls, hit: SearchHit, asked: frozenset[str] | None = None) -> "HitView":
        """A hit as its caller sees it; explained if the question's terms are given."""
        chunk = hit.found.chunk
        return cls(
            chunk_id=chunk.id,
            document_id=chunk.document_id,
            document_title=hit.found.document_title,
            version=hit.found.version,
            collection_id=hit.found.collection_id,
            text=chunk.text,
            score=hit.score,
            span=SpanView.model_validate(chunk, from_attributes=True),
            headings=list(chunk.headings),
            metadata=dict(hit.found.metadata),
            explain=None if asked is None else Explanation.of(hit, asked),
        )


class NoticeView(BaseModel):
    """Why a search was not done quite as asked."""

    code: str
    detail: str


class FacetValue(BaseModel):
    """How many chunks carry a value."""

    value: bool | int | float | str
    count: int


class SearchView(BaseModel):
    """Hits, best first."""

    query_id: str
    results: list[HitView]
    facets: dict[str, list[FacetValue]] | None = None
    timings_ms: dict[str, float]
    plan: str = Field(description="How the dense leg was answered: none, exact, hnsw or acorn.")
    notices: list[NoticeView]

    @classmethod
    def of(cls, outcome: SearchOutcome, body: SearchBody, locale: str) -> "SearchView":
        """An outcome as its caller sees it."""
        asked = frozenset(terms(body.query)) if body.explain else None
        return cls(
            query_id=outcome.query_id,
            results=[HitView.of(hit, asked) for hit in outcome.hits],
            facets={
                name: [FacetValue(value=item.value, count=item.count) for item in counts]
                for name, counts in outcome.facets.items()
            }
            or None,
            timings_ms=dict(outcome.timings_ms),
            plan=outcome.plan,
            notices=notice_views(outcome, locale),
        )


def notice_views(outcome: SearchOutcome, locale: str) -> list[NoticeView]:
    """The notices in the caller's language."""
    return [NoticeView(code=item, detail=message(f"notice.{item}", locale)) for item in outcome.notices]
