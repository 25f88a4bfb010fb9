"""Public identifiers: a type prefix and a time-ordered body (`doc_01jd…`)."""

import secrets
import time
from typing import Final

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case.
_TIME_BITS: Final = 48
_RANDOM_BITS: Final = 82
_BODY_LENGTH: Final = (_TIME_BITS + _RANDOM_BITS) // 5


def new_id(prefix: str) -> str:
    """A new identifier: 48 bits of Unix milliseconds, then 82 random bits (the layout of ULID).

    Identifiers made in different milliseconds sort by time; within one millisecond their order is random.
    """
    milliseconds = time.time_ns() // 1_000_000
    return f"{prefix}_{_encode((milliseconds << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS))}"


def _encode(number: int) -> str:
    digits = []
    for _ in range(_BODY_LENGTH):
        number, digit = divmod(number, 32)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
