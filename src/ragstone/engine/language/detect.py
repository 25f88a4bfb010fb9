"""The language a text is written in, told from its letters and, among Latin ones, from its commonest words. It is a
guess for display and filters: words are analysed by their own script, whatever is said here.
"""

import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Final

UNDETERMINED: Final = "und"
_DEFAULT_OF_LATIN: Final = "en"
_LANGUAGE_OF_SCRIPT: Final = {
    "ARABIC": "ar",
    "CYRILLIC": "ru",
    "DEVANAGARI": "hi",
    "GREEK": "el",
    "HANGUL": "ko",
    "HEBREW": "he",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "CJK": "zh",
    "LATIN": "en",
    "THAI": "th",
}
_MIN_COMMON_WORDS: Final = 2  # One may be part of a name: "los" of Los Angeles.
_KANA_MIN_SHARE: Final = 0.1  # Of Japanese letters about half are kana; of Chinese ones, some in borrowed names.
_COMMON_WORDS: Final = {
    "en": "the of and in to is was for that with on by as are this from at it be which what who how when where why "
    "a an do does did has have had he she they you i can not no or but some any all",
    "fr": "le la les des est et une dans du que qui pour sur par pas avec plus sont au ce quel quelle où quand comment",
    "de": "der die das und ist den von zu mit dem des nicht ein eine auf für im sich auch als wie wer wann welche wo",
    "es": "el los las del que una por con para es en se un como más su al fue qué quién cuándo dónde cuál cómo",
    "it": "il di che è della per un una sono con del non gli alla nel le si da dei chi quando dove quale come cosa",
    "pt": "o os da do que em um uma para não com dos é por mais foi ao na no se quem quando onde qual como",
    "nl": "de het een van en is dat op te in voor met niet zijn aan er die ook door bij wie wat wanneer waar welke hoe",
}
_LANGUAGES_OF_WORD: Final = {
    word: tuple(language for language, words in _COMMON_WORDS.items() if word in words.split())
    for words in _COMMON_WORDS.values()
    for word in words.split()
}


def detect(text: str) -> str:
    """The ISO 639-1 code of the text's language, or `und` if it has no letters of a script we know.

    A text of several languages gets the one with the most letters. Latin letters without tell-tale words are English.
    """
    letters: Counter[str] = Counter()
    for char, count in Counter(text).items():
        language = _language_of(char)
        if language is not None:
            letters[language] += count
    if letters["ja"] >= _KANA_MIN_SHARE * (letters["ja"] + letters["zh"]):
        letters["ja"] += letters.pop("zh", 0)
    if not letters.total():
        return UNDETERMINED
    language = max(letters, key=letters.__getitem__)
    return _detect_latin(text) if language == _DEFAULT_OF_LATIN else language


def _detect_latin(text: str) -> str:
    """The language most of whose commonest words are in the text, each as often as it occurs; English in doubt."""
    votes: Counter[str] = Counter({_DEFAULT_OF_LATIN: 0})
    for word, count in Counter(text.lower().split()).items():
        votes.update(dict.fromkeys(_LANGUAGES_OF_WORD.get(word.strip("¿¡?!.,;:()\"'«»"), ()), count))
    language, n_common = votes.most_common(1)[0]
    return language if n_common >= _MIN_COMMON_WORDS else _DEFAULT_OF_LATIN


@lru_cache(1 << 13)
def _language_of(char: str) -> str | None:
    return _LANGUAGE_OF_SCRIPT.get(unicodedata.name(char, "").partition(" ")[0]) if char.isalpha() else None
