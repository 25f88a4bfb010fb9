"""What is asked, and what an answer is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ragstone.engine.answering.citations import AnswerSpan
from ragstone.engine.answering.grounding import Grounding
from ragstone.features.search.result import SearchOutcome
from ragstone.kit.problem import Kind, Problem
from ragstone.ports.chat_model import Finish, Usage
from ragstone.ports.filters import Filter

DEFAULT_MAX_CITATIONS = 5


class SourceChanged(Problem):
    """A document was changed or deleted while an answer was being drawn from it; asking again helps."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "source_changed"


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """One question. `language` is the one to answer in; unset, the question's own."""

    query: str
    collection_ids: Sequence[str] | None = None
    filter: Filter | None = None
    max_citations: int = DEFAULT_MAX_CITATIONS
    language: str | None = None


@dataclass(frozen=True, slots=True)
class VerifiedCitation:
    """A quote that was compared with the stored bytes of its document version, and equals them."""

    marker: int
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
    page_label: str | None
    verified: str

    @property
    def url(self) -> str:
        """Where the quoted bytes can be read."""
        return f"/api/v1/documents/{self.document_id}/text?start_byte={self.start_byte}&end_byte={self.end_byte}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `n_dropped` of the model's citations could not be verified and were left out."""

    query_id: str
    text: str
    status: Finish
    citations: tuple[VerifiedCitation, ...]
    answer_spans: tuple[AnswerSpan, ...]
    grounding: Grounding
    model: str
    usage: Usage
    timings_ms: Mapping[str, float]
    n_dropped: int


@dataclass(frozen=True, slots=True)
class Searched:
    """The passages the answer will be drawn from."""

    outcome: SearchOutcome


@dataclass(frozen=True, slots=True)
class Written:
    """The next piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation that has just been verified; its marker is in the text that follows."""

    citation: VerifiedCitation


@dataclass(frozen=True, slots=True)
class Answered:
    """The end: the whole answer."""

    answer: Answer


AnswerEvent = Searched | Written | Cited | Answered
