import pytest

from ragstone.engine.parsing.office.numerals import numeral


@pytest.mark.parametrize(
    ("number", "style", "text"),
    [
        (4, "decimal", "4"),
        (4, "decimalZero", "04"),
        (1994, "upperRoman", "MCMXCIV"),
        (9, "lowerRoman", "ix"),
        (4000, "upperRoman", "4000"),
        (1, "lowerLetter", "a"),
        (27, "upperLetter", "AA"),
        (0, "upperLetter", "0"),
        (10**6, "lowerLetter", "1000000"),
        (3, "arabicAlpha", "ت"),
        (3, "arabicAbjad", "ج"),
        (5, "none", ""),
        (5, "chicago", "5"),
    ],
)
def test_numbers_are_written_as_lists_write_them(number: int, style: str, text: str) -> None:
    assert numeral(number, style) == text
