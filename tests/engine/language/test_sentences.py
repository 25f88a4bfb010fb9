# ruff: noqa: RUF001 -- Signs of other scripts that look like Latin ones are meant.

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.language.sentences import sentences

# Characters that decide where sentences end, mixed with plain ones, so that Hypothesis meets the edges often.
TEXTS = st.text(st.sampled_from("aB ا1.!?؟…。\n\r\u2029\t|-#\"')»[]"), max_size=60) | st.text(max_size=60)


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@given(TEXTS)
def test_sentences_are_trimmed_ordered_and_hold_everything_but_white_space(text: str) -> None:
    position = 0
    for start, end in sentences(text):
        assert text[position:start].strip() == ""
        assert start < end
        assert text[start:end] == text[start:end].strip()
        position = end
    assert text[position:].strip() == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Dr. Smith met J. R. Hale.", ["Dr. Smith met J. R. Hale."]),
        ("He joined the U.S. Army. Then left.", ["He joined the U.S. Army.", "Then left."]),
        ("It is in the U.S. The rest is not.", ["It is in the U.S.", "The rest is not."]),
        ("Some, e.g. this one, i.e. that, vs. those.", ["Some, e.g. this one, i.e. that, vs. those."]),
        ("See No. 5 and p. 7. He said no. We left.", ["See No. 5 and p. 7.", "He said no.", "We left."]),
        ("Pi is 3.14. It is 1,452.4 wide.", ["Pi is 3.14.", "It is 1,452.4 wide."]),
        ("Apple Inc. Chairman. Apple Inc. The firm.", ["Apple Inc. Chairman.", "Apple Inc.", "The firm."]),
        ('He said "Stop!" loudly. "Why?" she asked.', ['He said "Stop!" loudly.', '"Why?" she asked.']),
        ("(It works.) Good.", ["(It works.)", "Good."]),
        ("Known since 1901.[1] Proved later.[2][3] Done.", ["Known since 1901.[1]", "Proved later.[2][3]", "Done."]),
        ("Wait... what? Yes… No.", ["Wait... what?", "Yes…", "No."]),
        ("The form is approx. five pages.", ["The form is approx. five pages."]),
        ("all lower case here. another sentence.", ["all lower case here.", "another sentence."]),
    ],
)
def test_english_is_divided_where_a_reader_would(text: str, expected: list[str]) -> None:
    assert split(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("هل وصل؟ نعم، وصل. ثم ذهب…", ["هل وصل؟", "نعم، وصل.", "ثم ذهب…"]),
        ("وصل د. أحمد. قال أ.د. علي: «حسنا.» ثم خرج.", ["وصل د. أحمد.", "قال أ.د. علي: «حسنا.»", "ثم خرج."]),
        ("سنة 1445 هـ. وقال: ص. 5 فقط.", ["سنة 1445 هـ.", "وقال: ص. 5 فقط."]),
        ("سنة 2020 م. وبعدها", ["سنة 2020 م.", "وبعدها"]),
        ("وصل المغول.سلالة تران", ["وصل المغول.", "سلالة تران"]),
        ("یہ ہے۔ وہ ہے۔", ["یہ ہے۔", "وہ ہے۔"]),
    ],
)
def test_arabic_letters_are_divided_where_a_reader_would(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_scripts_without_spaces_are_divided_at_their_stops() -> None:
    assert split("今日は。明日！「はい。」次") == ["今日は。", "明日！", "「はい。」", "次"]


def test_a_blank_line_ends_a_sentence_and_a_single_line_break_does_not() -> None:
    assert split("a line that\ngoes on\n\nanother") == ["a line that\ngoes on", "another"]


def test_list_items_headings_and_table_rows_stand_alone() -> None:
    text = "# Title\nIntro text\n1. First. More.\n2) Second\n- third\nName | Price. Net\nTea | 3.50\nafter"
    assert split(text) == [
        "# Title",
        "Intro text",
        "1. First.",
        "More.",
        "2) Second",
        "- third",
        "Name | Price. Net",
        "Tea | 3.50",
        "after",
    ]


def test_a_table_row_too_long_to_be_one_is_divided() -> None:
    assert len(sentences("Abstract | " + "This is prose. " * 40)) == 40


def test_dots_alone_are_no_sentence() -> None:
    assert split("Preface . . . . . 1") == ["Preface . . . . .", "1"]


def test_a_short_capitalised_line_above_a_longer_one_is_a_heading() -> None:
    assert split("Scope of Work\nThe supplier delivers all of the goods.") == [
        "Scope of Work",
        "The supplier delivers all of the goods.",
    ]


def test_a_wrapped_line_that_was_full_is_no_heading() -> None:
    assert len(sentences("We went to the city of\nNewcastle upon Tyne by rail")) == 1


@pytest.mark.parametrize("unit", [".", '."', "a. ", "x.[1]", "\n", "A\n", "!'", "|", "- ", "。", " "])
def test_repetitive_text_of_any_length_is_handled(unit: str) -> None:
    text = unit * 50_000
    assert sum(end - start for start, end in sentences(text)) <= len(text)


def test_a_short_line_above_a_long_one_is_a_heading_in_a_script_without_capitals() -> None:
    text = "العناية بالضوء\nكل يوم\nتنظف العدسة كل صباح بعد الشروق بساعة، حين تكون باردة."
    assert [text[start:end] for start, end in sentences(text)] == text.split("\n")
