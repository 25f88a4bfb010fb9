from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragstone.engine.answering.citations import MARKER, CitationReader, resolve
from ragstone.engine.answering.quotes import Verified
from ragstone.ports.chat_model import Source

NOBEL = Source(
    1,
    "Nobel Prize",
    (),
    "The first Nobel Prize in Physics was awarded in 1901 to Wilhelm Röntgen,\nof Germany.[3] "
    "Profits rose by 5.3 percent.",
    "en",
)
PARIS = Source(2, "Paris", (), "Paris is the capital of France. “It is a feast,” he said. It is big.", "en")
NILE = Source(3, "النيل", (), "يبلغ طول نهر النيل 6650 كيلومترا. ويصب النيل في البحر المتوسط.", "ar")
SOURCES = (NOBEL, PARIS, NILE)


def quotes(answer: str) -> list[tuple[int, str]]:
    texts = {source.marker: source.text for source in SOURCES}
    return [(c.marker, texts[c.marker][c.start_char : c.end_char]) for c in resolve(answer, SOURCES).citations]


def test_a_verbatim_sentence_is_cited_with_its_exact_range() -> None:
    resolved = resolve("Paris is the capital of France. [2]", SOURCES)
    assert quotes(resolved.text) == [(2, "Paris is the capital of France.")]
    assert resolved.citations[0].verified is Verified.EXACT
    (span,) = resolved.answer_spans
    assert (resolved.text[span.start_char : span.end_char], span.markers) == ("Paris is the capital of France.", (2,))


def test_white_space_case_and_note_marks_may_differ_and_are_labelled() -> None:
    answer = "the first nobel prize in physics was awarded in 1901 to Wilhelm Röntgen, of Germany. [1]"
    resolved = resolve(answer, SOURCES)
    assert quotes(answer)[0][1].endswith("Röntgen,\nof Germany.")
    assert resolved.citations[0].verified is Verified.NORMALISED


def test_arabic_digits_and_lists_are_markers_too() -> None:
    assert resolve("يبلغ طول نهر النيل 6650 كيلومترا. [٣]", SOURCES).text.endswith(" [3]")
    resolved = resolve("Paris is the capital of France [1, 2; 3].", SOURCES)
    assert (resolved.text, resolved.n_dropped) == ("Paris is the capital of France [2].", 2)


def test_several_markers_may_share_one_statement() -> None:
    twice = (PARIS, Source(4, "Again", (), PARIS.text, "en"))
    resolved = resolve("Paris is the capital of France [2] [4]. It is big [4].", twice)
    assert resolved.text == "Paris is the capital of France [2] [4]. It is big [4]."
    assert [span.markers for span in resolved.answer_spans] == [(2, 4), (4,)]


def test_a_statement_in_other_words_is_given_the_whole_sentence_behind_it() -> None:
    assert quotes("The capital of France is Paris [2].") == [(2, "Paris is the capital of France.")]


@pytest.mark.parametrize(
    "lie",
    [
        "Paris is the capital of France. [7]",
        "Paris is the capital of France. [0]",
        "Paris is the capital of France. [1]",
        "Paris is not the capital of France. [2]",
        "Berlin is the capital of Germany. [2]",
        "He said “Paris is a capital mistake of France”. [2]",
        "Profits rose by 5 [1]",
        "Profits rose by 3 percent [1]",
        "Profits rose by 53 percent [1]",
        "Yes [2]",
        "[1][2][3]",
        "Paris [7[7[7]]]",
        "Berlin [2[9]]",
        "Berlin [[9]2]",
        "Paris is the capital of France [2",
    ],
)
def test_no_lie_gets_a_citation(lie: str) -> None:
    resolved = resolve(lie, SOURCES)
    assert resolved.citations == ()
    assert resolved.answer_spans == ()
    assert resolved.n_dropped > 0
    assert MARKER.search(resolved.text) is None


def test_a_marker_covers_no_sentence_beyond_one_that_is_not_there() -> None:
    resolved = resolve("Paris is the capital of France. The moon is made of cheese. It is big. [2]", SOURCES)
    assert [resolved.text[s.start_char : s.end_char] for s in resolved.answer_spans] == ["It is big."]


def test_no_more_citations_than_wanted() -> None:
    resolved = resolve("Paris is the capital of France. [2] It is big. [2]", SOURCES, max_citations=1)
    assert resolved.text == "Paris is the capital of France. [2] It is big."


def test_half_a_marker_is_never_given_on() -> None:
    reader = CitationReader(SOURCES)
    assert reader.feed("Paris is the capital of France. ").text == "Paris is the capital of France."
    assert reader.feed("[").text == ""
    assert reader.feed("2").text == ""
    progress = reader.feed("]")
    assert progress.text == " [2]"
    assert [citation.marker for citation in progress.citations] == [2]


PIECES = st.sampled_from(
    [
        *("Paris is the capital of France.", "It is big.", "Röntgen", "Berlin", "“feast”", " ", "\n", "[", "]", "[2"),
        *("2]", "[1]", "[2]", "[1, 2]", " [9]", "[٣]", "[x]", ".", ",", "6650", "يبلغ طول نهر النيل 6650 كيلومترا."),
    ]
)


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=12), st.data())
def test_an_answer_is_read_alike_however_it_is_cut(pieces: list[str], data: st.DataObject) -> None:
    answer = "".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=6)))
    reader = CitationReader(SOURCES)
    edges = [0, *cuts, len(answer)]
    progress = [reader.feed(answer[start:end]) for start, end in pairwise(edges)]
    progress.append(reader.finish())
    assert reader.resolved == resolve(answer, SOURCES)
    assert "".join(step.text for step in progress) == reader.resolved.text
    assert tuple(citation for step in progress for citation in step.citations) == reader.resolved.citations


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=12))
def test_every_marker_that_stays_has_a_citation_and_a_span(pieces: list[str]) -> None:
    resolved = resolve("".join(pieces), SOURCES)
    shown = {int(number) for match in MARKER.finditer(resolved.text) for number in match[2].split(",")}
    assert shown == {c.marker for c in resolved.citations} == {m for s in resolved.answer_spans for m in s.markers}
    assert all(0 <= c.start_char < c.end_char <= len(SOURCES[c.marker - 1].text) for c in resolved.citations)
    assert all(0 <= s.start_char < s.end_char <= len(resolved.text) for s in resolved.answer_spans)
