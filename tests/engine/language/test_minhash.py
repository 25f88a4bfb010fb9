from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.language.minhash import bands, signature, similarity

WORDS = [
    "the",
    "keeper",
    "of",
    "the",
    "light",
    "climbs",
    "the",
    "stair",
    "at",
    "dusk",
    "and",
    "trims",
    "the",
    "wick",
    "before",
    "the",
    "ships",
    "come",
    "in",
]
TEXT = " ".join(f"{word}{number % 7}" for number, word in enumerate(WORDS * 12))


def of(text: str) -> bytes:
    signed = signature(text)
    assert signed is not None
    return signed


def test_a_copy_has_everything_in_common_whatever_its_case_and_spaces() -> None:
    assert similarity(of(TEXT), of(TEXT.upper().replace(" ", "\n  "))) == 1.0


def test_a_text_with_a_few_words_changed_is_close_and_shares_a_band() -> None:
    changed = TEXT.split()
    changed[40], changed[120] = "gull", "نورس"
    other = of(" ".join(changed))
    assert similarity(of(TEXT), other) > 0.8
    assert set(bands(of(TEXT))) & set(bands(other))


def test_the_same_words_in_another_order_are_another_text() -> None:
    assert similarity(of(TEXT), of(" ".join(sorted(TEXT.split())))) < 0.2


def test_texts_with_few_words_have_no_signature() -> None:
    assert signature("") is None
    assert signature("word " * 19) is None
    assert signature("كلمة " * 20) is not None


@given(st.text(max_size=2000))
def test_any_text_has_a_signature_of_one_length_or_none(text: str) -> None:
    signed = signature(text)
    assert signed is None or (len(signed) == 128 and len(bands(signed)) == 8)
    assert signed == signature(text)
    assert all(-(2**63) <= band < 2**63 for band in (bands(signed) if signed else ()))


def test_a_long_text_is_signed_in_pieces_as_in_one() -> None:
    long = " ".join(f"w{number % 90_000}" for number in range(200_000))
    assert similarity(of(long), of(f"{long} more")) > 0.95
