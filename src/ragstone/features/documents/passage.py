"""What an embedding model reads of a chunk. Equal passages of a tenant are embedded once for each generation."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """The title its document had when the chunk was read, and the chunk's text, named by the SHA-256 of both."""

    sha256: str
    title: str
    text: str


def passage_text(title: str, text: str) -> str:
    """The title of the document before the text of the chunk, as questions often name it."""
    return f"{title}\n{text}"


def passage_sha256(title: str, text: str) -> str:
    """The name of a passage, 64 hexadecimal digits."""
    return hashlib.sha256(passage_text(title, text).encode()).hexdigest()
