"""What was sent to the server and what it said of it: the truth the server is judged by after it was killed."""

import html
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fpdf import FPDF

COMMON_WORD = "harbour"
"""Stands in every document, so that one search finds many of them."""

_TEXT = (
    "the tide master keeps a ledger of every mooring ferry crane pilot lantern buoy and rope that passes the quay "
    "before noon while clerks count barrels salt timber grain and copper under the long roof of the customs hall"
)
_VOCABULARY = _TEXT.split()
_SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprtvz" for vowel in "aeiou"]
_BROKEN = b"%PDF-1.7\nthis is no more than the head of a file"


class Fate(StrEnum):
    """What the client knows about a wish: not sent, sent without an answer, answered with a success."""

    NONE = "none"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"


@dataclass
class Item:
    """One document. `key` is its file name or external id, `word` stands in its text and in no other's."""

    key: str
    word: str
    content: bytes
    is_file: bool
    is_readable: bool
    collection_id: str | None = None
    document_id: str | None = None
    creation: Fate = Fate.NONE
    deletion: Fate = Fate.NONE

    @property
    def record(self) -> dict[str, Any]:
        """As `POST /ingest` takes it."""
        return {"external_id": self.key, "title": self.key, "text": self.content.decode(), "tags": ["crash"]}


@dataclass
class Ledger:
    """All documents ever sent, by key."""

    rng: random.Random
    items: dict[str, Item] = field(default_factory=dict)
    dropped_collections: set[str] = field(default_factory=set)

    def acknowledged(self) -> list[Item]:
        """Documents the server has accepted and not been asked to delete."""
        return [
            item for item in self.items.values() if item.creation is Fate.ACKNOWLEDGED and item.deletion is Fate.NONE
        ]

    def deleted(self) -> list[Item]:
        """Documents the server has said it deleted."""
        return [item for item in self.items.values() if item.deletion is Fate.ACKNOWLEDGED]

    def by_document_id(self, document_id: str) -> Item | None:
        """The item with an identifier; None where the answer that told the identifier was lost."""
        return next((item for item in self.items.values() if item.document_id == document_id), None)

    def new_files(self, count: int) -> list[Item]:
        """Files to be uploaded; one in twenty cannot be read."""
        return [self._note(*self._file()) for _ in range(count)]

    def new_texts(self, count: int) -> list[Item]:
        """Texts to be ingested."""
        return [self._note("", " ".join(self._sentences(word)).encode(), word) for word in self._words(count)]

    def _file(self) -> tuple[str, bytes, str]:
        word = next(self._words(1))
        suffix = self.rng.choices([".txt", ".md", ".html", ".pdf", ".broken.pdf"], [6, 5, 5, 3, 1])[0]
        sentences = list(self._sentences(word))
        return suffix, _as_file(suffix, sentences), word

    def _note(self, suffix: str, content: bytes, word: str) -> Item:
        key = f"item-{len(self.items):05d}{suffix}"
        item = Item(key, word, content, is_file=bool(suffix), is_readable=suffix != ".broken.pdf")
        self.items[key] = item
        return item

    def _words(self, count: int) -> Iterator[str]:
        for _ in range(count):
            yield "".join(self.rng.choices(_SYLLABLES, k=6)) + "x"

    def _sentences(self, word: str) -> Iterator[str]:
        count = self.rng.choice((2, 8, 30, 90))
        place = self.rng.randrange(count)
        for number in range(count):
            words = self.rng.choices(_VOCABULARY, k=self.rng.randint(6, 16))
            special = [word] if number == place else []
            yield " ".join([*words, *special, COMMON_WORD]).capitalize() + "."


def _as_file(suffix: str, sentences: list[str]) -> bytes:
    if suffix == ".broken.pdf":
        return _BROKEN
    if suffix == ".pdf":
        pdf = FPDF()
        pdf.add_page()
        pdf.set_font("helvetica", size=11)
        pdf.multi_cell(0, 6, " ".join(sentences))
        return bytes(pdf.output())
    if suffix == ".html":
        return "".join(f"<p>{html.escape(sentence)}</p>" for sentence in sentences).encode()
    return "\n\n".join(sentences).encode()
