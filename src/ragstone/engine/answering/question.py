"""What a question asks for: its content terms, and the kind of thing that would answer it. It reads no source."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ragstone.engine.language.analyse import terms

_MAX_TERMS: Final = 64  # The effort grows with every term, and no question of more has a short answer.


class Expected(StrEnum):
    """The kind of thing that answers a question. `ANYTHING` demands nothing that can be recognised."""

    NUMBER = "number"
    DATE = "date"
    PERSON = "person"
    PLACE = "place"
    REASON = "reason"
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True)
class Question:
    """A question read: `content_terms` in order without repeats, `all_terms` with question words and fillers too."""

    content_terms: tuple[str, ...]
    all_terms: frozenset[str]
    expected: Expected


def read_question(text: str) -> Question:
    """The terms that evidence must match and the kind of answer expected, for English and Arabic questions."""
    found = terms(text)
    content = tuple(dict.fromkeys(term for term in found if term not in _FUNCTION_TERMS))
    content = (content or tuple(dict.fromkeys(found)))[:_MAX_TERMS]
    return Question(content, frozenset(found), _expected(text))


def is_generic(term: str) -> bool:
    """Whether a term is so common in questions that its absence from a passage says little."""
    return term in _GENERIC_TERMS


def _terms_of(words: str) -> frozenset[str]:
    return frozenset(term for word in words.split() for term in terms(word))


_FUNCTION_TERMS: Final = _terms_of(
    """
    a an the of in on at to for from by with and or but as is are was were be been being do does did doing done has have
    had having will would can could shall should may might must it its this that these those there their they them he
    him his she her hers i me my we us our you your who whom whose what when where which why how if then than so not no
    into about over under between during after before up out off down any some such many much long old far often
    ما ماذا من متى أين كم كيف لماذا هل أي أية ماهو ماهي لمن بماذا بكم علام هو هي هم هن في على إلى عن مع الذي التي الذين
    اللذين اللتين اللواتي أو ثم أن إن كان كانت يكون تكون كانوا قد لقد هذا هذه ذلك تلك هناك كل بعض عند عندما بين حتى كما
    تم يتم لا لن ليس غير منذ قبل بعد خلال عام سنة عدد نوع اسم الأشياء الشيء وما ومن فى لدى ضد حول
    """
)
_GENERIC_TERMS: Final = _terms_of(
    """
    name named call called known term type kind word year date day time first last one two three new number amount total
    percent percentage people person place country city state world located situated live come came get got go went gone
    make made take took give given use used say said mean meaning refer find found part main most best next current
    currently different happen happened become became start started begin began end ended play played show hold held
    consider example movie film song series season episode book game team company group member based serve served role
    actor character singer original originally following
    """
)

# The first pattern that is found decides. Question words may stand anywhere: "the treaty was signed when".
_PATTERNS: Final = {
    Expected.NUMBER: (
        r"\bhow (?:many|much|long|old|far|tall|big|large|high|deep|fast|often|late|wide|heavy)\b"
        r"|\b(?:percentage|population|what number)\b|(?:^|\s)[بل]?كم\b|نسبة|ما (?:هو )?عدد|ما مدى"
    ),
    Expected.DATE: (
        r"\bwhen\b|\b(?:what|which|in|that)\b[\w\s]{0,12}\b(?:year|date|day|month|century|decade|period|season|era)\b"
        r"|متى|أي (?:عام|سنة|قرن|تاريخ|شهر|يوم)|ما (?:تاريخ|العام|هو تاريخ)"
    ),
    Expected.PERSON: r"\bwho(?:m|se|['\u2019]s|s)?\b|^\W*[لبم]?مَ?ن\s(?!أجل)",
    Expected.PLACE: (
        r"\bwhere\b"
        r"|\b(?:what|which)\b[\w\s]{0,12}\b(?:country|city|state|place|location|town|county|region|continent|island)\b"
        r"|أين|أي (?:بلد|مدينة|دولة|مكان|منطقة)|ما (?:هي )?(?:المدينة|الدولة|البلد|المكان)"
    ),
    Expected.REASON: r"\bwhy\b|\bwhat (?:causes?|caused|reason|led)\b|لماذا|ما (?:هو )?(?:ال)?سبب",
}
_COMPILED: Final = {expected: re.compile(pattern, re.IGNORECASE) for expected, pattern in _PATTERNS.items()}


def _expected(text: str) -> Expected:
    return next((expected for expected, pattern in _COMPILED.items() if pattern.search(text)), Expected.ANYTHING)
