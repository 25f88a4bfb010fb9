"""What obstore raises, told as problems with the operating system's own words."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from obstore.exceptions import BaseError, NotFoundError

from ragstone.ports.blob_store import BlobNotFound, BlobStoreUnavailable

_SYSTEM_WORDS: Final = re.compile(r'message: "([^"]+)"')


@contextmanager
def translated(key: str = "") -> Iterator[None]:
    """Raises `BlobNotFound` (facts: `key`) or `BlobStoreUnavailable` (facts: `key`, `reason`) for what goes wrong."""
    try:
        yield
    except (FileNotFoundError, NotFoundError) as error:
        raise BlobNotFound(key=key) from error
    except TimeoutError as error:
        raise BlobStoreUnavailable(key=key, reason="it did not answer in time") from error
    except (BaseError, OSError) as error:
        raise BlobStoreUnavailable(key=key, reason=_reason(error)) from error


def _reason(error: Exception) -> str:
    """The first line; where it leaves out what the system said, that too."""
    first, _, details = str(error).partition("\n")
    words = _SYSTEM_WORDS.search(details)
    return f"{first}: {words[1]}" if words and words[1] not in first else first
