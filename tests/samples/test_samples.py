"""The sample corpus says what its golden questions claim, as the product's own parser reads it."""

import re
from functools import cache
from importlib import resources

import pytest

from ragstone.engine.parsing.detect import detect_type
from ragstone.engine.parsing.parse import ParseLimits, ParseOptions, parse
from ragstone.samples import GoldenQuestion, SampleDocument, golden_questions, sample_documents, tour_questions

LIMITS = ParseLimits(max_pages=50, max_chars=200_000)
DOCUMENTS = {document.name: document for document in sample_documents()}
ANSWERABLE = [question for question in golden_questions() if not question.unanswerable]
UNANSWERABLE = [question for question in golden_questions() if question.unanswerable]


@cache
def extracted_text(name: str) -> str:
    document = DOCUMENTS[name]
    return spaced(parse(document.content, document.media_type, ParseOptions(LIMITS)).text)


def spaced(text: str) -> str:
    """The text with every run of white space made one space."""
    return re.sub(r"\s+", " ", text).strip()


def by_name(value: GoldenQuestion | SampleDocument) -> str:
    return value.id if isinstance(value, GoldenQuestion) else value.name


def test_the_index_lists_every_file_of_the_documents_folder() -> None:
    folder = resources.files("ragstone.samples") / "documents"
    assert {entry.name for entry in folder.iterdir()} == set(DOCUMENTS)


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=by_name)
def test_a_document_is_of_the_type_the_index_says(document: SampleDocument) -> None:
    assert detect_type(document.content, document.name) == document.media_type


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=by_name)
def test_a_document_is_small(document: SampleDocument) -> None:
    assert len(document.content) < 200_000


@pytest.mark.parametrize("question", ANSWERABLE, ids=by_name)
def test_a_passage_stands_in_the_extracted_text_of_its_document(question: GoldenQuestion) -> None:
    assert question.document is not None
    assert question.passage is not None
    assert spaced(question.passage) in extracted_text(question.document)


@pytest.mark.parametrize("question", ANSWERABLE, ids=by_name)
def test_every_answer_stands_in_the_passage(question: GoldenQuestion) -> None:
    assert question.passage is not None
    assert question.answers
    assert [answer for answer in question.answers if answer not in question.passage] == []


@pytest.mark.parametrize("question", UNANSWERABLE, ids=by_name)
def test_an_unanswerable_question_names_no_answer(question: GoldenQuestion) -> None:
    assert (question.answers, question.document, question.passage) == ((), None, None)


def test_question_ids_are_unique() -> None:
    questions = golden_questions()
    assert len({question.id for question in questions}) == len(questions)


def test_the_questions_are_in_both_languages_and_a_fifth_cannot_be_answered() -> None:
    questions = golden_questions()
    assert 40 <= len(questions) <= 60
    assert 0.15 <= len(UNANSWERABLE) / len(questions) <= 0.25
    assert 0.3 <= sum(question.language == "ar" for question in questions) / len(questions) <= 0.5


def test_every_document_answers_at_least_one_question() -> None:
    assert {question.document for question in ANSWERABLE} == set(DOCUMENTS)


def test_the_tour_asks_a_pdf_in_english_then_in_arabic_then_for_what_is_not_there() -> None:
    english, arabic, absent = tour_questions()
    assert english.language == "en"
    assert (english.document or "").endswith(".pdf")
    assert arabic.language == "ar"
    assert absent.unanswerable
