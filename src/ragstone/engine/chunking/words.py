"""Counting tokens where no model is at hand: pieces of words, as many as a subword tokenizer would make of them."""

import re
from typing import Final

_CJK: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_PIECE: Final = re.compile(rf"[{_CJK}]|[^\W{_CJK}]{{1,7}}|[^\w\s]")


def word_offsets(text: str) -> list[tuple[int, int]]:
    """The half-open code-point range of each piece: up to seven letters or digits, one ideograph, or one other sign.

    Seven makes about 1.4 pieces of an English word, as MiniLM's word-piece vocabulary does.
    """
    return [match.span() for match in _PIECE.finditer(text)]
