"""What a parser is told beside the bytes: how far it may go, and what opens the file."""

from dataclasses import dataclass

from ragstone.engine.parsing.problems import DocumentTooLarge


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


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """How one file is to be read. `password` opens an encrypted one; `filename` may say more than its bytes do.

    `ocr_languages` are tesseract's names for the languages that pages without text are read in; none means they are
    not.
    """

    limits: ParseLimits
    password: str | None = None
    filename: str | None = None
    ocr_languages: tuple[str, ...] = ()
