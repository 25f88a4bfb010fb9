"""An estimate of a model's tokens, where its tokenizer is on somebody else's machine.

Chunks are measured with it, and requests are packed by it. It need not be right: a text that turns out too long is
shortened, a request that turns out too large is divided. It errs towards more tokens than there are.
"""

import re
from typing import Final

from ragstone.ports.embedder import Tokens

_CJK: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_LATIN: Final = "A-Za-z_\u00aa\u00ba\u00c0-\u024f"
_BYTES_PER_TOKEN: Final = 3

# An English word makes 1.4 pieces, as it does with word-piece vocabularies of 30,000. An Arabic or Russian word makes
# two or three, between what vocabularies of 100,000 and of 250,000 make of it. An ideograph makes one.
_MULTILINGUAL: Final = re.compile(rf"[{_CJK}]|[0-9]{{1,3}}|[{_LATIN}]{{1,7}}|[^\W0-9{_LATIN}{_CJK}]{{1,3}}|[^\w\s]")
_ENGLISH: Final = re.compile(rf"[0-9]{{1,3}}|[{_LATIN}]{{1,7}}|[^\W0-9{_LATIN}]|[^\w\s]")


def estimate_tokens(text: str, *, is_multilingual: bool) -> Tokens:
    """The pieces a tokenizer of the usual kind would make of a text.

    Of a multilingual model they say nothing about which languages it knows. An English one is known to read other
    scripts letter by letter, and so do the pieces.
    """
    pattern = _MULTILINGUAL if is_multilingual else _ENGLISH
    matches = list(pattern.finditer(text))
    return Tokens(
        offsets=[match.span() for match in matches],
        pieces=[match.group() for match in matches],
        unknown="",
        is_estimate=is_multilingual,
    )


def estimate_size(text: str) -> int:
    """About how many tokens a server counts of a text, for packing requests; seldom too few, except of code."""
    return len(text.encode("utf-8", "surrogatepass")) // _BYTES_PER_TOKEN + 1
