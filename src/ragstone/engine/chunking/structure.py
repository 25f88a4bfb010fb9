"""Chunks that follow the document's structure: whole blocks of one section, as many as fit.

It cuts, and never changes a character: what is to be searched is what the document says.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ragstone.engine.chunking.chunk import ChunkingOptions
from ragstone.engine.chunking.overlap import last_sentences
from ragstone.engine.chunking.units import Divider, Grain, Unit
from ragstone.engine.parsing.headings import titles, under_heading

_TINY: Final = 1 / 4  # A section with a smaller share of `max_tokens` is joined to a neighbour, if one is related.


def pack_sections(units: Iterable[Unit], divider: Divider, options: ChunkingOptions) -> Iterator[list[Unit]]:
    """Runs of units, each to become a chunk of at most `max_tokens` tokens; no unit is left out.

    A section opens a run, heading first, and is packed block by block. A block that does not fit is divided into
    sentences (code into lines), these into words, these between grapheme clusters. A run that goes on in the same
    section begins with whole sentences of the one before, up to `overlap_tokens`, as far as there is room. A section
    too small for a run of its own shares one with its neighbours under the same parent.
    """
    for section in _join_tiny(_sections(units, divider.text), options.max_tokens):
        yield from _pack(section.units, divider, options)


def heading_path(units: Sequence[Unit], text: str) -> tuple[str, ...]:
    """The headings above the first unit, and its own title if it is a heading, as the text below it has it."""
    first = units[0].block
    if not units[0].is_heading:
        return first.headings
    below = next((unit.block.headings for unit in units if unit.block is not first), ())
    depth = len(first.headings)
    if len(below) > depth and below[:depth] == first.headings:
        return below[: depth + 1]
    return (*first.headings, *titles(under_heading((), 1, text[first.start_char : first.end_char].lstrip("#"))))


@dataclass(frozen=True, slots=True)
class _Section:
    """A heading with all that follows up to the next, or several such that are packed as one. `path` is the first's."""

    path: tuple[str, ...]
    units: tuple[Unit, ...]
    n_tokens: int

    def joined(self, other: "_Section") -> "_Section":
        return _Section(self.path, self.units + other.units, self.n_tokens + other.n_tokens)

    def is_joinable_with(self, following: "_Section", max_tokens: int) -> bool:
        """Whether both fit into one chunk and the following is somewhere below the parent of this one."""
        n_parents = max(0, len(self.path) - 1)
        is_related = following.path[:n_parents] == self.path[:n_parents]
        return is_related and self.n_tokens + following.n_tokens <= max_tokens


def _sections(units: Iterable[Unit], text: str) -> Iterator[_Section]:
    held: list[Unit] = []
    for unit in units:
        if held and _opens_section(held[-1], unit):
            yield _section(held, text)
            held = []
        held.append(unit)
    if held:
        yield _section(held, text)


def _opens_section(before: Unit, unit: Unit) -> bool:
    """A heading does, unless it follows a heading directly; so does text below other headings than the text before."""
    if before.is_heading:
        return False
    return unit.is_heading or unit.block.headings != before.block.headings


def _section(units: Sequence[Unit], text: str) -> _Section:
    return _Section(heading_path(units, text), tuple(units), sum(unit.n_tokens for unit in units))


def _join_tiny(sections: Iterable[_Section], max_tokens: int) -> list[_Section]:
    """The sections, tiny ones joined to the following, or else to the preceding, where both fit into one chunk."""
    tiny = max_tokens * _TINY
    done: list[_Section] = []
    for section in sections:
        if done and done[-1].n_tokens < tiny and done[-1].is_joinable_with(section, max_tokens):
            done[-1] = done[-1].joined(section)
        else:
            _join_last_backwards(done, max_tokens)
            done.append(section)
    _join_last_backwards(done, max_tokens)
    return done


def _join_last_backwards(done: list[_Section], max_tokens: int) -> None:
    if len(done) > 1 and done[-1].n_tokens < max_tokens * _TINY and done[-2].is_joinable_with(done[-1], max_tokens):
        last = done.pop()
        done[-1] = done[-1].joined(last)


def _pack(units: Sequence[Unit], divider: Divider, options: ChunkingOptions) -> Iterator[list[Unit]]:
    """Neighbouring units in runs of at most `max_tokens`, each run but the first opening with its overlap."""
    waiting = list(reversed(units))
    run: list[Unit] = []
    room = options.max_tokens
    while waiting:
        unit = waiting.pop()
        if unit.n_tokens <= room:
            run.append(unit)
            room -= unit.n_tokens
        elif len(parts := _divided(unit, run, divider, options.max_tokens)) > 1:
            waiting.extend(reversed(parts))
        elif run:
            yield run
            waiting.append(unit)
            run = last_sentences(run, divider, min(options.overlap_tokens, options.max_tokens - unit.n_tokens))
            room = options.max_tokens - sum(held.n_tokens for held in run)
        else:
            yield [unit]
    if run:
        yield run


def _divided(unit: Unit, run: Sequence[Unit], divider: Divider, max_tokens: int) -> list[Unit]:
    """The unit in parts if no chunk holds it, or if a heading would be left alone for want of room beside it."""
    is_alone = bool(run) and all(held.is_heading for held in run)
    if unit.n_tokens > max_tokens or (is_alone and unit.grain < Grain.WORD):
        return divider.finer(unit)
    return [unit]
