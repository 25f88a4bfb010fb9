"""Which files to upload, and in which portions."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

SUFFIXES: Final = frozenset({".htm", ".html", ".markdown", ".md", ".mdown", ".mkd", ".pdf", ".text", ".txt", ".xhtml"})
"""What is taken from a folder. A file that is named is sent whatever it is called: the server reads its content."""

RECORD_SUFFIXES: Final = frozenset({".ndjson", ".jsonl"})
_MOST_FILES: Final = 50
_MOST_BYTES: Final = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Source:
    """A file to upload: what to call it, and how to open it."""

    name: str
    size_bytes: int
    open: Callable[[], io.RawIOBase]

    @classmethod
    def of_path(cls, path: Path) -> "Source":
        """A file on disk."""
        return cls(str(path), path.stat().st_size, lambda: path.open("rb", buffering=0))

    @classmethod
    def of_bytes(cls, name: str, content: bytes) -> "Source":
        """A file in memory."""
        return cls(name, len(content), lambda: cast("io.RawIOBase", io.BytesIO(content)))


@dataclass(frozen=True, slots=True)
class Found:
    """Files to upload, files of records to stream, and what was left out, with the reason."""

    files: tuple[Path, ...]
    records: tuple[Path, ...]
    skipped: tuple[tuple[Path, str], ...]


def find_files(paths: Iterable[Path], *, recursive: bool) -> Found:
    """What the paths stand for. Of a folder: its visible files of a known type, and those below it if `recursive`."""
    files: list[Path] = []
    skipped: list[tuple[Path, str]] = []
    records: list[Path] = []
    for path in paths:
        if path.is_dir():
            for entry, reason in _entries(path, recursive=recursive):
                files.append(entry) if reason is None else skipped.append((entry, reason))
        else:
            (records if path.suffix.lower() in RECORD_SUFFIXES else files).append(path)
    return Found(tuple(dict.fromkeys(files)), tuple(dict.fromkeys(records)), tuple(skipped))


def portions(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """The files in portions small enough for one request; a larger file goes alone."""
    portion: list[Source] = []
    size_bytes = 0
    for source in sources:
        if portion and (len(portion) == _MOST_FILES or size_bytes + source.size_bytes > _MOST_BYTES):
            yield portion
            portion, size_bytes = [], 0
        portion.append(source)
        size_bytes += source.size_bytes
    if portion:
        yield portion


def _entries(folder: Path, *, recursive: bool) -> Iterator[tuple[Path, str | None]]:
    """Every entry with the reason to leave it out, if there is one. Links to folders are not followed."""
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            yield entry, "hidden"
        elif entry.is_dir():
            if recursive and not entry.is_symlink():
                yield from _entries(entry, recursive=True)
            else:
                yield entry, "folder"
        elif entry.suffix.lower() not in SUFFIXES or not entry.is_file():
            yield entry, "unsupported"
        else:
            yield entry, None
