"""The sample corpus: the handbook of an invented harbour cooperative, in English and Arabic, and questions about it.

It ships with the package so that a new installation has something to answer from. Everything in it is made up.
"""

import json
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

__all__ = ["GoldenQuestion", "SampleDocument", "golden_questions", "sample_documents", "tour_questions"]

HTML: Final = "text/html"
MARKDOWN: Final = "text/markdown"
PDF: Final = "application/pdf"
TEXT: Final = "text/plain"


@dataclass(frozen=True, slots=True)
class SampleDocument:
    """A file of the corpus as a user would upload it. `language` is `en` or `ar`."""

    name: str
    media_type: str
    language: str
    tags: tuple[str, ...]
    content: bytes


@dataclass(frozen=True, slots=True)
class GoldenQuestion:
    """A question with its known answer.

    `passage` stands in the text of `document` word for word, apart from white space, and holds each of `answers`, any
    of which is right. An unanswerable question is plausible, but the corpus does not answer it.
    """

    id: str
    question: str
    language: str
    answers: tuple[str, ...]
    document: str | None
    passage: str | None
    unanswerable: bool


_INDEX: Final = (
    ("welcome-and-house-rules.md", MARKDOWN, "en", ("handbook", "people")),
    ("leave-and-pay-policy.md", MARKDOWN, "en", ("handbook", "people", "policy")),
    ("incident-procedure.md", MARKDOWN, "en", ("handbook", "safety")),
    ("it-and-security-guide.md", MARKDOWN, "en", ("handbook", "it")),
    ("glossary.md", MARKDOWN, "en", ("handbook", "reference")),
    ("public-faq.html", HTML, "en", ("public",)),
    ("visiting-the-lighthouse.html", HTML, "en", ("public", "lighthouse")),
    ("harbour-operations-manual.pdf", PDF, "en", ("operations",)),
    ("annual-report-2025.txt", TEXT, "en", ("report",)),
    ("leave-and-pay-summary-ar.md", MARKDOWN, "ar", ("handbook", "people", "policy")),
    ("quay-safety-ar.md", MARKDOWN, "ar", ("handbook", "safety")),
    ("visitor-guide-ar.html", HTML, "ar", ("public", "lighthouse")),
    ("keepers-manual-ar.pdf", PDF, "ar", ("operations", "lighthouse")),
)


def sample_documents() -> tuple[SampleDocument, ...]:
    """All documents of the corpus, with their content."""
    folder = _files() / "documents"
    return tuple(
        SampleDocument(name, media_type, language, tags, (folder / name).read_bytes())
        for name, media_type, language, tags in _INDEX
    )


def golden_questions() -> tuple[GoldenQuestion, ...]:
    """All questions, English first; about a fifth of them are unanswerable."""
    rows = map(json.loads, (_files() / "golden.jsonl").read_text("utf-8").splitlines())
    return tuple(GoldenQuestion(**row | {"answers": tuple(row["answers"])}) for row in rows)


def tour_questions() -> tuple[GoldenQuestion, ...]:
    """Three questions for a first look: English from a page of a PDF, Arabic, and one that has no answer."""
    by_id = {question.id: question for question in golden_questions()}
    return tuple(by_id[key] for key in json.loads((_files() / "tour.json").read_text("utf-8")))


def _files() -> Traversable:
    return resources.files("ragstone.samples")
