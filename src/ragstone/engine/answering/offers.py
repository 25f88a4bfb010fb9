"""Whether a sentence holds the kind of thing a question expects, judged by form: digits, month names, capitals."""

import re
from collections.abc import Set as AbstractSet
from typing import Final

from ragstone.engine.answering.question import Expected
from ragstone.engine.language.analyse import terms


def offers(sentence: str, expected: Expected, known: AbstractSet[str]) -> bool:
    """Whether the sentence has a number, date, place, reason, or the name of somebody not among the `known` terms.

    Arabic writes no capitals: any Arabic sentence may name somebody. Every sentence offers `ANYTHING`.
    """
    if expected is Expected.PERSON:
        return _ARABIC.search(sentence) is not None or _names_somebody(sentence, known)
    pattern = _PATTERNS.get(expected)
    return pattern is None or pattern.search(sentence) is not None


def _names_somebody(sentence: str, known: AbstractSet[str]) -> bool:
    first, *others = _CAPITALISED.findall(sentence) or [""]
    names = (
        [*others]
        if sentence.lstrip(_OPENING).startswith(first) and not _FULL_NAME.match(sentence)
        else [first, *others]
    )
    return any(known.isdisjoint(terms(name)) for name in names if name)


_ARABIC: Final = re.compile(r"[\u0621-\u064a]")
_OPENING: Final = "\"'“\u2018«([ "
_CAPITALISED: Final = re.compile(r"\b[A-Z][\w'\u2019.-]+")
_FULL_NAME: Final = re.compile(r"\W*[A-Z][\w'\u2019.-]+ [A-Z]")  # A sentence's first word is a name if a name goes on.

_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_NUMBER: Final = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|thousand|million|billion|half|dozen|once|twice)\b"
    r"|واحد|اثن|ثلاث|أربع|خمس|ست[ةه]|سبع|ثمان|تسع|عشر|مئ[ةه]|مائ[ةه]|ألف|آلاف|مليون|ملايين|مليار|نصف",
    re.IGNORECASE,
)
_DATE: Final = re.compile(
    rf"\b(?:1\d{{3}}|20\d{{2}})s?\b|\b{_MONTH}\b|\b\d+\s?(?:BCE?|AD|CE)\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|\bcentur|\bdecade|\b(?:spring|summer|autumn|winter)\b|\bQ[1-4]\b"
    r"|[\u0660-\u0669]{4}|قرن|يناير|فبراير|مارس|[أا]بريل|مايو|يونيو|يوليو|[أا]غسطس|سبتمبر|[أا]كتوبر|نوفمبر|ديسمبر|عام|سنة",
    re.IGNORECASE,
)
_PLACE: Final = re.compile(
    r"\b(?:in|at|from|near|to|of|on|between|across|throughout|along)\s+(?:the\s+)?(?:[a-z]+\s+){0,2}[A-Z]\w+"
    r"|(?:^|\s)(?:في|إلى|من|قرب|بين|على)\s"
)
_REASON: Final = re.compile(
    r"\b(?:because|since|due to|as a result|therefore|in order to|so that|caus\w+|reasons?|thus"
    r"|leads? to|led to|owing to)\b"
    r"|بسبب|لأن|نتيجة|من أجل|لذلك|حيث|سبب|لكي|بهدف|بغرض",
    re.IGNORECASE,
)
_PATTERNS: Final = {
    Expected.NUMBER: _NUMBER,
    Expected.DATE: _DATE,
    Expected.PLACE: _PLACE,
    Expected.REASON: _REASON,
}
