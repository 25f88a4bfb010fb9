"""The code page of a text that is no Unicode, by which of them makes the most usual letters of it.

Every candidate decodes the bytes; a language's frequent letters count for it, letters in odd places against it:
capitals after small letters, letters beside ones of another alphabet, half-width and rare ones. It needs few letters to
tell, and no statistics of bytes.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Final

_SAMPLE_BYTES: Final = 8192
_HIGH_LINES: Final = re.compile(rb"[^\n]{0,2000}[\x80-\xff][^\n]{0,2000}")

_CERTAIN: Final = 1.3
_DOUBLED: Final = 0.6
_RARE: Final = 0.0
_PUNCTUATION: Final = 0.3
_ODD_SYMBOL: Final = -0.5
_MISPLACED: Final = -1.0
_IMPOSSIBLE: Final = -3.0
_MOST_COMMON: Final = 0.04
_USUAL_PUNCTUATION: Final = frozenset("\u00a0«»“”„‘’‚–—…•°€£©®§·¿¡،؛؟×、。，：；！？「」『』（）《》・ー％￥")  # noqa: RUF001 - texts use them.

_LATIN: Final = "éèàüöäçáíóñêåøæïßãâôúîëõûùœìòýðþšž"
_CENTRAL: Final = "áéíčěšřžłęąőűóöüýůúńćśżźâăîșțşţđôäňťď"
_TURKISH: Final = "ıüşçğöâîİ"
_BALTIC: Final = "āšėųįąžčūēīļķņģęõäöü"
_CYRILLIC: Final = "оеаинтсрвлкмдпуяыьгзбчйіхжшюцщэїєфґъёўјњљћђџ"
_GREEK: Final = "αοιετσνηυρπκμλςωδίόγάχήέύθφβώξζψϊΐϋΰ"
_HEBREW: Final = "יוהלאמרתבשנעדקחפטצגכסז"
_HEBREW_FINALS: Final = frozenset("םןךףץ")  # Their forms at the end of a word, and nowhere else.
_ARABIC: Final = "اليمونترهبةعدسفكحقأجشصطخضزثذإءىغآئؤظپچگکژ"
_THAI: Final = "านรกอเงมยลวดทสต่้ปบคหัิีะแจพชข็ใไโ์ุูึืณธฐศษซผฝถภ"
_CHINESE: Final = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多"
    "经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性"
    "知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西月话合回特代内信表化老给世位次度"
    "门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活更别打女变四神总何电数安少报才结反受目太量再感建务做"
    "接必场件计管期市直资命山金指统区保至社便空决治展科司五基书非则听白界达光放强即难且权思王完设式色路记南品住告类求据程北边死"
    "张该交规万取格望觉术领共确传师观清今切院让识候带导争运城京首姓台灣人口"
    "這個們來為國說時會對學經沒動還進樣開從實軍無與長機關點業將兩間問並應戰頭體見產話電數報結務場計區書則聽達強難權設記"
    "類據邊張該規萬覺術領確傳師觀讓識帶導爭運測試檔繁約兩"
)
_KOREAN: Final = frozenset(
    "이다는에의가을하고지로한기사은도를대서인자시나어있리해라그정것수게일들보아만으제주과부장전여상구동원니면중성요소국화조비연세"
    "개신경공관할방용계위문치학생분무안실유업회행발명선물녕민울며약천"
)

_RANKED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cp1252": _LATIN,
        "cp1251": _CYRILLIC,
        "cp1256": _ARABIC,
        "cp1250": _CENTRAL,
        "cp1254": _TURKISH,
        "cp1253": _GREEK,
        "cp1255": _HEBREW,
        "cp874": _THAI,
        "cp1257": _BALTIC,
        "koi8-r": _CYRILLIC,
        "koi8-u": _CYRILLIC,
        "iso8859-5": _CYRILLIC,
        "iso8859-6": _ARABIC,
        "cp866": _CYRILLIC,
        "mac-roman": _LATIN,
        "mac-cyrillic": _CYRILLIC,
        "cp850": _LATIN,
    }
)
"""The letters of one of a code page's languages, most frequent first. Of equals the first candidate wins."""


@dataclass(frozen=True, slots=True)
class _Wide:
    """A code of two bytes a character: its letters for certain, and the lead bytes (EUC) of its frequent ideographs."""

    letters: frozenset[str]
    kana: float
    table: str
    frequent: range


_WIDE: Final[Mapping[str, _Wide]] = MappingProxyType(
    {
        "cp932": _Wide(frozenset(), 1.0, "euc_jp", range(0xB0, 0xD0)),
        "euc_jp": _Wide(frozenset(), 1.0, "euc_jp", range(0xB0, 0xD0)),
        "gb18030": _Wide(_CHINESE, _MISPLACED, "gb2312", range(0xB0, 0xD8)),
        "cp950": _Wide(_CHINESE, _MISPLACED, "big5", range(0xA4, 0xC7)),
        "cp949": _Wide(_KOREAN, _MISPLACED, "euc_kr", range(0xB0, 0xC9)),
    }
)


def guess_encoding(content: bytes) -> str:
    """The codec for a text that is neither ASCII nor Unicode: the best of the candidates, for there is always one.

    Only lines with bytes above 127 are looked at, and no more than 8 KiB of them.
    """
    sample = b""
    for line in _HIGH_LINES.finditer(content):
        sample += line.group() + b"\n"
        if len(sample) >= _SAMPLE_BYTES:
            break
    scores = {codec: _ranked_score(sample.decode(codec, "replace"), letters) for codec, letters in _RANKED.items()}
    scores["cp1252"] += _MOST_COMMON
    scores |= {codec: _wide_score(sample.decode(codec, "replace"), wide) for codec, wide in _WIDE.items()}
    return max(scores, key=lambda codec: scores[codec])


def _ranked_score(text: str, letters: str) -> float:
    """The mean weight of the characters that are not ASCII."""
    weights = {letter: 1.0 - 0.6 * rank / len(letters) for rank, letter in enumerate(letters)}
    is_latin = letters[0] in _LATIN + _CENTRAL + _TURKISH + _BALTIC
    total = n_chars = 0.0
    for before, character, after in zip(f" {text}", text, f"{text[1:]} ", strict=False):
        if character.isascii():
            continue
        n_chars += 1
        if character.isalpha() and _is_out_of_place(before, after, is_latin=is_latin):
            total += _MISPLACED
        elif character in _HEBREW_FINALS:
            total += _MISPLACED if after.isalpha() else _CERTAIN
        elif character in weights:
            total += weights[character] - (_DOUBLED if is_latin and before.isalpha() and not before.isascii() else 0.0)
        elif character.isupper() and character.lower() in weights:
            total += _MISPLACED if before.islower() else 0.8 * weights[character.lower()]
        else:
            total += _other_weight(character, is_latin=is_latin)
    return total / max(1.0, n_chars)


def _is_out_of_place(before: str, after: str, *, is_latin: bool) -> bool:
    """Whether a letter stands beside a digit, or beside a letter of another alphabet."""
    return any(beside.isdigit() if is_latin else _is_latin(beside) for beside in (before, after))


def _wide_score(text: str, wide: _Wide) -> float:
    total = n_chars = 0.0
    for before, character in pairwise(f" {text}"):
        if character.isascii():
            continue
        n_chars += 1
        if character in wide.letters:
            total += 1.0
        elif "\u3041" <= character <= "\u30fa":
            total += wide.kana
        elif "\uff61" <= character <= "\uff9f" or "\u3131" <= character <= "\u318e":  # Half-width kana, single jamo.
            total += _MISPLACED
        elif character.isalpha() and before.islower():
            total += _ODD_SYMBOL
        elif "\u3400" <= character <= "\ud7a3":
            lead = character.encode(wide.table, "replace")[0]
            total += 0.45 if lead in wide.frequent else _ODD_SYMBOL
        else:
            total += _other_weight(character, is_latin=False)
    return total / max(1.0, n_chars)


def _other_weight(character: str, *, is_latin: bool) -> float:
    """The weight of a character that is not among the frequent ones."""
    if character == "\ufffd" or unicodedata.category(character) in {"Cc", "Cn", "Co"}:
        return _IMPOSSIBLE
    if character in _USUAL_PUNCTUATION:
        return _PUNCTUATION
    if not character.isalpha():
        return _ODD_SYMBOL
    return _RARE if _is_latin(character) == is_latin else _MISPLACED


def _is_latin(character: str) -> bool:
    return character.isalpha() and character < "\u0250"
