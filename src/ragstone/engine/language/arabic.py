"""Arabic words: one spelling for each, and light stems, after Larkey, Ballesteros and Connell, "Light Stemming for
Arabic Information Retrieval" (2007), extended by attached prepositions and pronouns. It looks for no roots.
"""
# ruff: noqa: RUF001 -- Arabic letters that look like Latin ones are what this module is about.

import re
import unicodedata
from typing import Final

_DROPPED: Final = re.compile(
    "[\u0610-\u061a\u0621\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u200c\u200d]"
)
_SPELLING: Final = str.maketrans("أإآٱىیئېؤةۀۃہکڪ", "ااااييييوههههكك")
CONJUNCTION: Final = "و"
_ARTICLES: Final = ("بال", "كال", "فال", "ال", "لل")
_PREPOSITIONS: Final = ("ب", "ل")
_ENDINGS: Final = ("ها", "هم", "هن", "هما", "ان", "ات", "ون", "ين", "يه", "ه", "ي", "وا", "نا", "كم", "ا")
_MIN_CHARS_WITH_PARTICLE: Final = 4
_MIN_CHARS_AFTER_ARTICLE: Final = 2
_MIN_CHARS_BEFORE_ENDING: Final = 3


def normalise(word: str) -> str:
    """The word without vowel marks, lone hamza, tatweel and joiners; forms of alef, ya, waw, ha and kaf made one."""
    return _DROPPED.sub("", unicodedata.normalize("NFKC", word).translate(_SPELLING))


def stem(word: str) -> str:
    """A normalised word without conjunction, article or preposition, and endings."""
    if word.startswith(CONJUNCTION) and len(word) >= _MIN_CHARS_WITH_PARTICLE:
        word = word.removeprefix(CONJUNCTION)
    word = _without_article(word)
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) >= len(ending) + _MIN_CHARS_BEFORE_ENDING:
            word = word.removesuffix(ending)
    return word


def _without_article(word: str) -> str:
    for article in _ARTICLES:
        if word.startswith(article) and len(word) >= len(article) + _MIN_CHARS_AFTER_ARTICLE:
            return word.removeprefix(article)
    if word.startswith(_PREPOSITIONS) and len(word) >= _MIN_CHARS_WITH_PARTICLE:
        return word[1:]
    return word
