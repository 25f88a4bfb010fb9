"""Random secrets that are shown once and kept as a keyed hash."""

import secrets
from typing import Final

_SECRET_BYTES: Final = 32


def new_secret(prefix: str) -> str:
    """A prefix that tells what it is, and 256 random bits."""
    return prefix + secrets.token_urlsafe(_SECRET_BYTES)
