"""What a parser is told beside the bytes: how far it may go, and what opens the file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ragstone.engine.parsing.problems import DocumentTooLarge, DocumentUnpacksTooLarge


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """How much a document may unfold into before its parser gives up.

    `max_pages` counts pages, slides and sheets of formats that have them; `max_chars` characters of canonical text. The
    others hold for files inside files: how many there are, how many bytes they unpack to altogether, how many times
    their packed size that is, and how deep they are packed into each other.
    """

    max_pages: int
    max_chars: int
    max_entries: int = 10_000
    max_unpacked_bytes: int = 2**30
    max_ratio: int = 200
    max_nesting: int = 5

    def check(self, n_pages: int = 0, n_chars: int = 0) -> None:
        """Raises `DocumentTooLarge` if either count goes over its limit."""
        if n_pages > self.max_pages or n_chars > self.max_chars:
            raise DocumentTooLarge(max_pages=self.max_pages, max_chars=self.max_chars)


@dataclass(slots=True)
class Unpacked:
    """How much has come out of one file so far, files inside its files included.

    Limits on files inside files hold for their sum, which no file on its own can know.
    """

    n_entries: int = 0
    n_bytes: int = 0

    def add(self, limits: ParseLimits, *, n_entries: int = 0, n_bytes: int = 0) -> None:
        """Raises `DocumentUnpacksTooLarge` if the sum goes over its limit."""
        self.n_entries += n_entries
        self.n_bytes += n_bytes
        if self.n_entries > limits.max_entries or self.n_bytes > limits.max_unpacked_bytes:
            raise DocumentUnpacksTooLarge(max_entries=limits.max_entries, max_unpacked_bytes=limits.max_unpacked_bytes)


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """How one file is to be read. `password` opens an encrypted one; `filename` may say more than its bytes do.

    `page_texts` is the writing of pages, counted from 1, that was read from pictures of them; it stands in for those
    that have no text of their own. `unpacked` is set for files inside files: the account that all of them share.
    """

    limits: ParseLimits
    password: str | None = field(default=None, repr=False)
    filename: str | None = None
    page_texts: Mapping[int, str] = field(default_factory=dict)
    unpacked: Unpacked | None = None
