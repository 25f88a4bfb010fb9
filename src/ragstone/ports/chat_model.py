"""Questions and sources to an answer with markers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol

from ragstone.kit.problem import Kind, Problem


class ChatModelUnavailable(Problem):
    """The chat model did not answer."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "chat_model_unavailable"


@dataclass(frozen=True, slots=True)
class Source:
    """A passage the answer may draw on. In the answer, `[marker]` after a statement cites it."""

    marker: int
    title: str
    headings: tuple[str, ...]
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question with its sources, best first, and the instructions a generating model is given."""

    question: str
    sources: tuple[Source, ...]
    instructions: str
    language: str
    max_citations: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What the model read and wrote, in its own tokens, and the price in US dollars where it has one."""

    prompt_tokens: int
    completion_tokens: int
    cost: float


class Finish(StrEnum):
    """How an answer ended."""

    ANSWERED = "answered"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"


@dataclass(frozen=True, slots=True)
class ChatDelta:
    """The next piece of an answer. The last one carries `finish` and `usage`."""

    text: str = ""
    finish: Finish | None = None
    usage: Usage | None = None


class ChatModel(Protocol):
    """A model that answers from sources. It may lie: whatever it cites is verified afterwards."""

    @property
    def name(self) -> str:
        """The model as shown to users."""
        ...

    def stream(self, request: ChatRequest) -> AsyncIterator[ChatDelta]:
        """The answer piece by piece. Closing the iterator stops the model. Raises `ChatModelUnavailable`."""
        ...
