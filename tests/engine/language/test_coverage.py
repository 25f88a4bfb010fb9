# ruff: noqa: RUF001 -- Signs of other scripts that look like Latin ones are meant.

import pytest

from ragstone.engine.language.coverage import is_covered
from ragstone.ports.embedder import Tokens


def tokens(*pieces: str) -> Tokens:
    return Tokens(offsets=[(index, index + 1) for index in range(len(pieces))], pieces=pieces, unknown="[UNK]")


@pytest.mark.parametrize(
    "pieces",
    [
        ("what", "is", "em", "##bed", "##ding"),
        ("x", "=", "a", "##b"),
        ("π", "is", "a", "number"),
        ("2019", ",", "5", "%"),
        ("▁Что", "▁это", "▁такое"),
        (),
    ],
)
def test_texts_the_model_has_words_for_are_covered(pieces: tuple[str, ...]) -> None:
    assert is_covered(tokens(*pieces))


@pytest.mark.parametrize(
    "pieces",
    [
        ("م", "##د", "##ر", "##س", "##ه"),
        ("م", "##د", "##ر", "2019", ",", ".", "(", ")", "!"),
        ("[UNK]", "[UNK]", "bank"),
        ("东", "[UNK]", "市"),
    ],
)
def test_texts_of_unknown_pieces_or_single_letters_are_not_covered(pieces: tuple[str, ...]) -> None:
    assert not is_covered(tokens(*pieces))


def test_half_unreadable_is_still_covered() -> None:
    assert is_covered(tokens("bank", "[UNK]"))
