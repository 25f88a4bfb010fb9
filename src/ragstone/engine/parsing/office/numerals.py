"""Numbers as lists write them: letters, Roman numerals, the Arabic alphabets."""

from typing import Final

_ROMAN: Final = tuple(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"),
        strict=True,
    )
)
_MAX_ROMAN: Final = 3999
_LATIN: Final = "abcdefghijklmnopqrstuvwxyz"
_ARABIC_ALPHA: Final = "أبتثجحخدذرزسشصضطظعغفقكلمنهوي"
_ARABIC_ABJAD: Final = "أبجدهوزحطيكلمنسعفصقرشتثخذضظغ"
_MAX_REPEATS: Final = 20


def numeral(number: int, style: str) -> str:
    """`number` in a style of WordprocessingML (`lowerLetter`, `upperRoman` …); in digits if the style is not known."""
    letters = {"arabicAbjad": _ARABIC_ABJAD, "arabicAlpha": _ARABIC_ALPHA, "lowerLetter": _LATIN, "upperLetter": _LATIN}
    if style == "none":
        return ""
    if style == "decimalZero":
        return f"{number:02}"
    if style in letters and number > 0:
        text = _lettered(number, letters[style])
    elif style in {"lowerRoman", "upperRoman"} and 0 < number <= _MAX_ROMAN:
        text = _roman(number)
    else:
        return str(number)
    return text.upper() if style.startswith("upper") else text


def _lettered(number: int, alphabet: str) -> str:
    """The letters of an alphabet, then each of them twice, and so on, as word processors count."""
    repeats, index = divmod(number - 1, len(alphabet))
    return alphabet[index] * (repeats + 1) if repeats < _MAX_REPEATS else str(number)


def _roman(number: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        count, number = divmod(number, value)
        text += letters * count
    return text
