"""The path of headings above a block, as a value that grows and shrinks with every heading met."""

from typing import Final, TypeAlias

HeadingPath: TypeAlias = tuple[tuple[int, str], ...]
"""Level and title of every open section, outermost first; levels rise strictly."""

_MAX_TITLE_CHARS: Final = 200  # A title is stored with every chunk under it.


def under_heading(path: HeadingPath, level: int, title: str) -> HeadingPath:
    """The path below a new heading: sections of its level or deeper end, and it begins its own."""
    return (*above(path, level), (level, " ".join(title.split())[:_MAX_TITLE_CHARS].rstrip()))


def above(path: HeadingPath, level: int) -> HeadingPath:
    """The sections that a heading of `level` leaves open."""
    return tuple(section for section in path if section[0] < level)


def titles(path: HeadingPath) -> tuple[str, ...]:
    """The titles along a path, outermost first."""
    return tuple(title for _, title in path)
