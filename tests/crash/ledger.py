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
class Content:
    """One state of a document. `word` stands in its text and in no other's."""

    word: str
    data: bytes
    is_readable: bool = True
    fate: Fate = Fate.NONE


@dataclass
class Item:
    """One document. `key` is its file name, external id or, of a merged document, its title.

    `contents` are what was sent for it, oldest first; `tags` what was said of it, each with its fate. `merged_into` is
    the document that was to take its place; `sources` are the documents it was to be made of.
    """

    key: str
    is_file: bool
    contents: list[Content]
    tags: list[tuple[str, Fate]] = field(default_factory=list)
    collection_id: str | None = None
    document_id: str | None = None
    deletion: Fate = Fate.NONE
    merged_into: "Item | None" = None
    sources: "tuple[Item, ...]" = ()

    @property
    def creation(self) -> Fate:
        """What is known about its first content."""
        return self.contents[0].fate

    @property
    def is_merged_away(self) -> bool:
        """Whether it was certainly to be replaced by a merged document."""
        return self.merged_into is not None and self.merged_into.creation is Fate.ACKNOWLEDGED

    def record(self, content: Content) -> dict[str, Any]:
        """As `POST /ingest` takes it."""
        return {"external_id": self.key, "title": self.key, "text": content.data.decode(), "tags": ["crash"]}

    def possible_contents(self) -> list[Content]:
        """What it may say in the end: the last readable content that was acknowledged, or one sent after that."""
        readable = [content for content in self.contents if content.is_readable and content.fate is not Fate.NONE]
        acknowledged = [place for place, content in enumerate(readable) if content.fate is Fate.ACKNOWLEDGED]
        return readable[acknowledged[-1] :] if acknowledged else readable

    def possible_tags(self) -> set[str]:
        """What may be said of it in the end."""
        acknowledged = [place for place, (_, fate) in enumerate(self.tags) if fate is Fate.ACKNOWLEDGED]
        later = (
            self.tags[acknowledged[-1] :]
            if acknowledged
            else [("crash" if not self.is_file else "", Fate.NONE), *self.tags]
        )
        return {tag for tag, _ in later}


@dataclass
class Ledger:
    """All documents ever sent, by key."""

    rng: random.Random
    items: dict[str, Item] = field(default_factory=dict)
    dropped_collections: set[str] = field(default_factory=set)

    def acknowledged(self) -> list[Item]:
        """Documents the server has accepted and not been asked to delete."""
        return [item for item in self.items.values() if item.creation is Fate.ACKNOWLEDGED and _is_wanted(item)]

    def at_hand(self) -> list[Item]:
        """Such documents that a request can name, and that are not being merged."""
        return [
            item
            for item in self.acknowledged()
            if item.document_id is not None and item.merged_into is None and not item.sources
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
        return [self._note("", self._text()) for _ in range(count)]

    def new_content(self, item: Item) -> Content:
        """Something else for a document to say; for a file now and then something that cannot be read."""
        content = self._file()[1] if item.is_file else self._text()
        item.contents.append(content)
        return content

    def new_merger(self, sources: tuple[Item, ...]) -> Item:
        """A document that is to take the place of others."""
        item = Item(f"merged-{len(self.items):05d}", is_file=False, contents=[Content("", b"")], sources=sources)
        self.items[item.key] = item
        for source in sources:
            source.merged_into = item
        return item

    def forget_merger(self, merger: Item) -> None:
        """The server refused to make it."""
        del self.items[merger.key]
        for source in merger.sources:
            source.merged_into = None

    def _file(self) -> tuple[str, Content]:
        word = next(self._words(1))
        suffix = self.rng.choices([".txt", ".md", ".html", ".pdf", ".broken.pdf"], [6, 5, 5, 3, 1])[0]
        sentences = list(self._sentences(word))
        return suffix, Content(word, _as_file(suffix, sentences), is_readable=suffix != ".broken.pdf")

    def _text(self) -> Content:
        word = next(self._words(1))
        return Content(word, " ".join(self._sentences(word)).encode())

    def _note(self, suffix: str, content: Content) -> Item:
        key = f"item-{len(self.items):05d}{suffix}"
        item = Item(key, is_file=bool(suffix), contents=[content])
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


def _is_wanted(item: Item) -> bool:
    return item.deletion is Fate.NONE and not item.is_merged_away


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
