import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.answering.quotes import QuotableText, Verified


def found(text: str, statement: str) -> tuple[str, Verified] | None:
    quote = QuotableText(text).find_quote(statement)
    return None if quote is None else (text[quote.start_char : quote.end_char], quote.verified)


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("He said “yes, of course” to them.", 'He said "yes, of course" to them.'),
        ("The range 5\u20137 is a well\u2011known one.", "The range 5-7 is a well-known one."),
        ("An e\u0301te\u0301 in the Co\u0302te d'Azur is hot.", "An été in the C\u00f4te d'Azur is hot."),
        ("The ﬁrst oﬃce was opened here.", "The first office was opened here."),
        ("The **bold** word stands here.", "The bold word stands here."),
        ("A soft\u00adhyphen is not seen here.", "A softhyphen is not seen here."),
        ("One claim[12] with a note mark.", "One claim with a note mark."),
        ("العـــربية لغة جميلة جدا.", "العربية لغة جميلة جدا."),
    ],
)
def test_texts_that_differ_in_form_alone_are_the_same(text: str, statement: str) -> None:
    assert found(text, statement) == (text, Verified.NORMALISED)


def test_no_word_number_or_letter_is_cut_in_two() -> None:
    assert found("Say yesterday once.", "yes") is None
    assert found("It rose by 1,500 then.", "It rose by 1") is None
    assert found("The cafe\u0301 was open late.", "The cafe") is None


def test_a_bare_name_is_quoted_with_its_sentence() -> None:
    assert found("It rained. Paris is the capital of France. It was late.", "Paris") == (
        "Paris is the capital of France.",
        Verified.EXACT,
    )


def test_words_in_quotation_marks_must_stand_in_the_source() -> None:
    text = "The minister called the plan a grave mistake and left the room."
    assert found(text, "The minister called the plan “a grave mistake”.") is not None
    assert found(text, "The minister called the plan “a great success”.") is None


@given(st.text(max_size=60), st.data())
def test_whole_slices_of_a_text_are_found_as_they_are(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    statement = text[start:].strip()
    quote = QuotableText(text).find_quote(statement)
    if quote is not None:
        assert text[quote.start_char : quote.end_char].strip()


@pytest.mark.timeout(10)
def test_hostile_texts_are_read_in_time_linear_in_their_length() -> None:
    size = 100_000
    statement = 'a "b" [' + " " * size + "“" * size + "«" * size
    assert QuotableText("[" * size + " " * size + '"' * size).find_quote(statement) is None
