"""The character sets of WordPerfect that documents are written in, as Unicode."""

from typing import Final

SHORT_CODES: Final = "åÅæÆäÄáàâãÃçÇëéÉèêíñÑøØõÕöÖüÜúùß"
"""Letters that WordPerfect 6 writes as one byte, from 1 on."""

_MULTINATIONAL: Final = (
    "\u0300\u00b7\u0303\u0302\u0335\u0338\u0301\u0308\u0304\u0313\u0315\u02bc\u0326\u0315\u00b0\u0307\u030b\u0327\u0328"
    "\u030c\u0337\u0305\u0306"
    "ßĸjÁáÂâÄäÀàÅåÆæÇçÉéÊêËëÈèÍíÎîÏïÌìÑñÓóÔôÖöÒòÚúÛûÜüÙùŸÿÃãĐđØøÕõÝýÐðÞþĂăĀāĄąĆćČčĈĉĊċĎďĚěĖėĒēĘęǴǵĞğǦǧĢģĜĝĠġĤĥĦħİiĪīĮįĨĩ"
    "ĲĳĴĵĶķĹĺĽľĻļĿŀŁłŃń\ufffdŉŇňŅņŐőŌōŒœŔŕŘřŖŗŚśŠšŞşŜŝŤťŢţŦŧŬŭŰűŪūŲųŮůŨũŴŵŶŷŹźŽžŻżŊŋ"
)
_TYPOGRAPHIC: Final = (
    "●○■•*¶§¡¿«»£¥₧ƒªº½¼¢²ⁿ®©¤¾³\u201b\u2019\u2018‟”“\u2013—\u2039\u203a○□†‡™℠℞"
    "●◦■▪□▫\u2012\ufb00\ufb03\ufb04\ufb01\ufb02…$₣₢₠₤\u201a„⅓⅔⅛⅜⅝⅞ⓂⓅ€℅℆‰№"
)
_GREEK: Final = "ΑαΒβϐΓγΔδΕεΖζΗηΘθΙιΚκΛλΜμΝνΞξΟοΠπΡρΣσςΤτΥυΦφΧχΨψΩω"
_CYRILLIC: Final = "АаБбВвГгДдЕеЁёЖжЗзИиЙйКкЛлМмНнОоПпРрСсТтУуФфХхЦцЧчШшЩщЪъЫыЬьЭэЮюЯя"
_SETS: Final = {1: _MULTINATIONAL, 4: _TYPOGRAPHIC, 8: _GREEK, 10: _CYRILLIC}


def extended_character(set_number: int, code: int) -> str:
    """The character of a set; U+FFFD where it is not known, so that nothing goes missing unseen."""
    if set_number == 0:
        return chr(code) if 0x20 <= code < 0x7F else "\ufffd"  # noqa: PLR2004 - ASCII.
    characters = _SETS.get(set_number, "")
    return characters[code] if code < len(characters) else "\ufffd"
