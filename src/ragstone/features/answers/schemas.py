"""Answers on the wire."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ragstone.features.answers.result import DEFAULT_MAX_CITATIONS, Answer, AnswerRequest, VerifiedCitation
from ragstone.features.answers.verify import Claim, Verdict
from ragstone.features.collections.schemas import Language
from ragstone.features.search.filters import FilterNode
from ragstone.features.search.schemas import QueryText
from ragstone.ports.chat_model import Finish


class AnswerBody(BaseModel):
    """One question."""

    model_config = ConfigDict(extra="forbid")

    query: QueryText
    collection_ids: list[str] | None = Field(None, max_length=1000, description="Unset means all of the tenant's.")
    filters: FilterNode | None = None
    model: str | None = Field(None, description="The model that answers; it must be one the server offers.")
    stream: bool = Field(default=False, description="Answer as server-sent events.")
    max_citations: int = Field(DEFAULT_MAX_CITATIONS, ge=1, le=20)
    language: Language | None = Field(None, description="Language to answer in; unset means the question's.")

    def request(self) -> AnswerRequest:
        """As the use case takes it."""
        tree = self.filters.tree() if self.filters else None
        return AnswerRequest(self.query, self.collection_ids, tree, self.max_citations, self.language)


class CitationView(BaseModel):
    """A verified quote: the stored canonical text, sliced `[start_byte:end_byte]`, equals `quote`."""

    marker: int = Field(description="Stands in the answer as `[marker]`.")
    document_id: str
    document_title: str
    version: int
    version_sha256: str
    chunk_id: str
    quote: str
    start_byte: int
    end_byte: int
    start_char: int
    end_char: int
    page_start: int | None
    page_label: str | None = Field(description="What the document calls the page, where not by its number.")
    verified: str = Field(
        description="`exact`: the answer says it in these very words; `normalised`: but for white space or case."
    )
    url: str

    @classmethod
    def of(cls, citation: VerifiedCitation) -> "CitationView":
        """A citation as its caller sees it."""
        return cls.model_validate(citation, from_attributes=True)


class AnswerSpanView(BaseModel):
    """The part of the answer, in code points, that the sources support."""

    start_char: int
    end_char: int
    markers: list[int]


class SentenceView(BaseModel):
    """How much of one sentence of the answer its citations hold, from 0 to 1."""

    start_char: int
    end_char: int
    support: float


class GroundingView(BaseModel):
    """How far the answer is borne out by what it cites."""

    score: float
    sentences: list[SentenceView]


class UsageView(BaseModel):
    """What the model read and wrote, and the price in US dollars."""

    prompt_tokens: int
    completion_tokens: int
    cost: float


class AnswerView(BaseModel):
    """An answer with its proof."""

    query_id: str
    answer: str
    status: Finish
    citations: list[CitationView]
    answer_spans: list[AnswerSpanView]
    grounding: GroundingView
    model: str
    usage: UsageView
    timings_ms: dict[str, float]
    dropped_citations: int = Field(description="Citations of the model that could not be verified and were left out.")

    @classmethod
    def of(cls, answer: Answer) -> "AnswerView":
        """An answer as its caller sees it."""
        parts: dict[str, Any] = {
            name: getattr(answer, name)
            for name in ("query_id", "status", "answer_spans", "grounding", "model", "usage", "timings_ms")
        }
        return cls.model_validate(
            {
                **parts,
                "answer": answer.text,
                "citations": [CitationView.of(item) for item in answer.citations],
                "dropped_citations": answer.n_dropped,
            },
            from_attributes=True,
        )


class CitationClaim(BaseModel):
    """A citation to be checked. Fields of an answer's citation that prove nothing are welcome and ignored."""

    model_config = ConfigDict(extra="ignore")

    document_id: str
    version: int | None = Field(None, description="Unset means the active one.")
    version_sha256: str | None = None
    quote: str
    start_byte: int = Field(ge=0)
    end_byte: int = Field(ge=0)

    def claim(self) -> Claim:
        """As the use case takes it."""
        return Claim(**self.model_dump())


class VerifyBody(BaseModel):
    """Citations to be checked."""

    model_config = ConfigDict(extra="forbid")

    citations: list[CitationClaim] = Field(max_length=1000)


class VerdictView(BaseModel):
    """What became of one citation."""

    verified: bool
    verdict: Verdict


class VerifyView(BaseModel):
    """A verdict for each citation, in order."""

    all_verified: bool
    results: list[VerdictView]
