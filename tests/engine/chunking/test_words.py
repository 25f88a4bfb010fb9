from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.chunking.words import word_offsets


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in word_offsets(text)]


def test_words_are_counted_in_pieces() -> None:
    assert pieces("A rather unbelievable claim.") == ["A", "rather", "unbelie", "vable", "claim", "."]


def test_ideographs_count_one_each() -> None:
    assert pieces("北京 2024年") == ["北", "京", "2024", "年"]


def test_arabic_is_read() -> None:
    assert pieces("السلام عليكم") == ["السلام", "عليكم"]


@given(st.text())
def test_pieces_cover_everything_but_white_space_in_order(text: str) -> None:
    assert "".join(pieces(text)) == "".join(text.split())
    assert word_offsets(text) == sorted(word_offsets(text))
