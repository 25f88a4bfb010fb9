"""What damaged bytes raise, where it is told to our callers."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ragstone.engine.parsing.problems import DocumentCorrupt
from ragstone.kit.problem import Problem

_OF_BYTES: Final = (LookupError, RecursionError, ValueError, struct.error)


@contextmanager
def damage_as_problem(media_type: str) -> Iterator[None]:
    """Raises `DocumentCorrupt` for what our own readers raise when bytes, marks or numbers are not what they must be.

    Nesting deeper than Python recurses is damage too: no one writes such a document.
    """
    try:
        yield
    except _OF_BYTES as error:
        raise DocumentCorrupt(media_type=media_type) from error


@contextmanager
def library_failure_as_problem(media_type: str) -> Iterator[None]:
    """Raises `DocumentCorrupt` for whatever a library raises: over damaged files they raise anything at all."""
    try:
        yield
    except (Problem, MemoryError):
        raise
    except Exception as error:
        raise DocumentCorrupt(media_type=media_type) from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # A failed assertion of a library in Rust; it has no public name.
            raise DocumentCorrupt(media_type=media_type) from error
        raise
