import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.language.detect import detect


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The quick brown fox", "en"),
        ("Kubernetes", "en"),
        ("Los Angeles", "en"),
        ("Quel est le nom de la ville ?", "fr"),
        ("Wie hoch ist der Berg?", "de"),
        ("¿Qué es el amor?", "es"),
        ("Chi è il presidente della repubblica?", "it"),
        ("Quem foi o presidente do Brasil?", "pt"),
        ("Wie is de koning van Nederland?", "nl"),
        ("ما هي عاصمة مصر؟", "ar"),
        ("يعمل النظام على جهاز iPhone", "ar"),
        ("Привет, мир", "ru"),
        ("Ελλάδα", "el"),
        ("नमस्ते दुनिया", "hi"),
        ("ภาษาไทย", "th"),
        ("北京大学在中国", "zh"),
        ("東京都に行きました", "ja"),
        ("한국어", "ko"),
        ("שלום", "he"),
        ("12.5 % — ?", "und"),
        ("", "und"),
    ],
)
def test_a_language_is_told_from_its_letters_and_common_words(text: str, language: str) -> None:
    assert detect(text) == language


@given(st.text())
def test_any_text_gets_a_code(text: str) -> None:
    assert detect(text).isalpha()
