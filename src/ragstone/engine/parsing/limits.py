"""How much of a document a parser may produce before it gives up."""

from dataclasses import dataclass

from ragstone.engine.parsing.problems import DocumentTooLarge


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """`max_pages` counts pages of formats that have them; `max_chars` counts characters of canonical text."""

    max_pages: int
    max_chars: int

    def check(self, n_pages: int = 0, n_chars: int = 0) -> None:
        """Raises `DocumentTooLarge` if either count goes over its limit."""
        if n_pages > self.max_pages or n_chars > self.max_chars:
            raise DocumentTooLarge(max_pages=self.max_pages, max_chars=self.max_chars)
