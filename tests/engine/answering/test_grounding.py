import pytest

from ragstone.engine.answering.citations import resolve
from ragstone.engine.answering.grounding import ground
from ragstone.ports.chat_model import Source

SOURCES = (Source(1, "Paris", (), "Paris is the capital of France. Two million people live in Paris.", "en"),)


def supports(answer: str) -> list[float]:
    return [sentence.support for sentence in ground(resolve(answer, SOURCES), SOURCES).sentences]


def test_a_verbatim_quote_is_fully_supported() -> None:
    assert supports("Paris is the capital of France. [1]") == [1.0]


def test_a_sentence_without_a_citation_has_no_support() -> None:
    answer = resolve("Paris is the capital of France. [1] It has good cheese.", SOURCES)
    grounding = ground(answer, SOURCES)
    assert [sentence.support for sentence in grounding.sentences] == [1.0, 0.0]
    assert 0.0 < grounding.score < 1.0


def test_sentences_are_ranges_of_the_answer_without_markers() -> None:
    answer = resolve("Two million people live in Paris. [1] Paris is the capital of France. [1]", SOURCES)
    texts = [answer.text[s.start_char : s.end_char] for s in ground(answer, SOURCES).sentences]
    assert texts == ["Two million people live in Paris.", "Paris is the capital of France."]


def test_an_invented_citation_supports_nothing() -> None:
    assert supports("The moon is made of cheese. [1]") == [0.0]


def test_an_empty_answer_has_no_sentences_and_no_score() -> None:
    assert ground(resolve("", SOURCES), SOURCES).score == pytest.approx(0.0)
