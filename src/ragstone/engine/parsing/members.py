"""Files inside a file: archive members and mail attachments, each a section of the document around them."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions, Unpacked
from ragstone.engine.parsing.problems import (
    DocumentCorrupt,
    DocumentEmpty,
    DocumentHostile,
    DocumentTypeUnsupported,
    DocumentUnpacksTooLarge,
)
from ragstone.engine.parsing.text_writer import TextWriter
from ragstone.kit.problem import Problem

ParseMember: TypeAlias = Callable[[bytes, ParseOptions], ParsedDocument]
"""Reads a file of any type, told by its content and `ParseOptions.filename`. Containers are given it, because they
cannot know the registry of parsers that they are in."""


def inside(options: ParseOptions, media_type: str) -> ParseOptions:
    """The options for files inside this one: one level less to go, and one account for all of them.

    Raises `DocumentHostile` if no level is left: files packed into each other so often are not made for reading.
    """
    limits = options.limits
    if limits.max_nesting < 1:
        raise DocumentHostile(media_type=media_type, cause="nesting")
    deeper = replace(limits, max_nesting=limits.max_nesting - 1)
    return replace(options, limits=deeper, filename=None, unpacked=options.unpacked or Unpacked())


class Members:
    """Writes the files inside a file, one by one, each under a heading that is its name.

    One that cannot be read is named in `unread` and does not spoil the others.
    """

    def __init__(self, writer: TextWriter, options: ParseOptions, parse_member: ParseMember) -> None:
        """`options` are those of `inside`."""
        self.n_read = 0
        self.unread: list[str] = []
        self._writer = writer
        self._options = options
        self._unpacked = options.unpacked or Unpacked()
        self._parse_member = parse_member
        self._first_problem: Problem | None = None

    def add(self, name: str, read: Callable[[], bytes], level: int = 1) -> None:
        """The file called `name`, under a heading of `level`; empty files are left out.

        Raises what concerns all of them: `DocumentUnpacksTooLarge`, `DocumentTooLarge`, and what `read` raises but for
        damaged bytes and unknown packing.
        """
        try:
            content = read()
        except (DocumentCorrupt, DocumentTypeUnsupported) as problem:
            self._miss(name, problem)
            return
        try:
            document = self._parse_member(content, replace(self._options, filename=name))
        except DocumentUnpacksTooLarge:
            raise
        except DocumentEmpty:
            return
        except Problem as problem:
            self._miss(name, problem)
            return
        self.n_read += 1
        self._writer.heading(level, name)
        self._writer.embed(document)
        self._writer.leave_sections(level)

    def count(self) -> None:
        """One more file is inside, for formats whose directory was not counted before. Raises as `add` does."""
        self._unpacked.add(self._options.limits, n_entries=1)

    def raise_if_all_failed(self) -> None:
        """Raises the problem of the first unread file if not one was read."""
        if self._first_problem and not self.n_read:
            raise self._first_problem

    def _miss(self, name: str, problem: Problem) -> None:
        self.unread.append(name)
        self._first_problem = self._first_problem or problem
