# ruff: noqa: RUF001 -- Signs of other scripts that look like Latin ones are meant.

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.language.analyse import term_spans, terms

WORDS = [
    "The",
    "who",
    "IL-6",
    "foo.bar",
    "e-mail's",
    "fooBarBaz",
    "C++",
    "١٬٢٣٤٫٥",
    "والمدرسة",
    "東京都",
    "한국어",
    "ｶﾞﾗｽ",
    "é",
]
TEXTS = st.lists(st.sampled_from(WORDS) | st.text(max_size=8)).map(" ".join)


@given(TEXTS)
def test_spans_are_the_terms_with_their_places(text: str) -> None:
    spans = term_spans(text)
    assert [span.term for span in spans] == terms(text)
    assert all(0 <= span.start_char < span.end_char <= len(text) for span in spans)
    assert all(span.term for span in spans)


def test_a_span_is_the_word_as_it_stands_in_the_text() -> None:
    text = "Two IL-6 inhibitors"
    assert [text[span.start_char : span.end_char] for span in term_spans(text)] == [
        "Two", "IL-6", "IL", "6", "inhibitors",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Inhibiting", "inhibits"),
        ("café", "CAFE"),
        ("straße", "STRASSE"),
        ("ＡＢＣ", "abc"),
        ("Jared's", "Jareds"),
        ("co\u00adoperation", "cooperation"),
        ("2019", "٢٠١٩"),
        ("1,234.5", "١٬٢٣٤٫٥"),
        ("государства", "Государству"),
        ("ёлка", "елка"),
        ("مُحَمَّد", "محمد"),
        ("والمكتبات", "المكتبة"),
        ("للمدرسة", "مدرسة"),
        ("بالمدارس", "المدارس"),
        ("كتـــاب", "وكتاب"),
        ("إسلامي", "الاسلام"),
        ("مستشفى", "مستشفي"),
        ("ﻛﺘﺎﺏ", "كتاب"),
        ("کتاب", "كتاب"),
    ],
)
def test_spellings_and_forms_of_one_word_are_one_term(one: str, other: str) -> None:
    assert terms(one) == terms(other)


@pytest.mark.parametrize(
    ("whole", "part"), [("e-mail", "email"), ("IL-6", "IL6"), ("O'Neill", "ONeill"), ("U.S.", "US")]
)
def test_a_joined_word_is_found_without_what_joins_it(whole: str, part: str) -> None:
    assert set(terms(part)) < set(terms(whole))


def test_identifiers_are_whole_and_in_parts() -> None:
    assert terms("ERR_CONN_42") == ["errconn42", "err", "conn", "42"]
    assert terms("foo.bar") == ["foobar", "foo", "bar"]
    assert terms("HTTPServer") == ["httpserver", "http", "server"]
    assert {"ann", "exampl", "org"} < set(terms("ann@example.org"))


def test_symbols_that_name_languages_are_kept() -> None:
    assert terms("C++ or C# code") == ["c++", "c#", "code"]


def test_stop_words_are_left_out_in_both_languages() -> None:
    assert terms("What is the capital of France?") == ["capit", "franc"]
    assert terms("ما هي عاصمة فرنسا؟") == ["عاصم", "فرنس"]
    assert terms("وفي المدينة") == ["مدين"]


def test_stop_words_are_kept_where_there_is_nothing_else() -> None:
    assert terms("The Who") == ["the", "who"]


def test_a_text_of_two_languages_is_read_word_by_word() -> None:
    assert terms("استخدم iPhoneالجديد running") == ["استخدم", "iphon", "جديد", "run"]


def test_scripts_without_spaces_become_pairs_of_characters() -> None:
    assert terms("東京都") == ["東京", "京都"]
    assert terms("猫") == ["猫"]
    assert terms("ภาษา") == ["ภา", "าษ", "ษา"]


def test_vowel_signs_do_not_break_a_word() -> None:
    assert terms("किताबें") == ["किताबें"]


def test_text_without_words_has_no_terms() -> None:
    assert terms(" — ... ___ \u064b") == []


def test_a_run_without_end_is_cut_into_pieces() -> None:
    assert max(map(len, terms("x" * 10_000))) == 64
