"""The spaces of a folder: opened when asked for, a bounded number of them at once, the longest unused closed first."""

import logging
import secrets
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from ragstone.backends.index_edge.layout import Layout
from ragstone.backends.index_edge.space import Space
from ragstone.ports.search_index import IndexSpace

log = logging.getLogger(__name__)

SpaceKey: TypeAlias = tuple[str, str]


class Spaces:
    """Opens, lists and drops spaces. Errors of the engine pass through."""

    def __init__(self, layout: Layout, max_open: int) -> None:
        self._layout = layout
        self._max_open = max_open
        self._open: OrderedDict[SpaceKey, Space] = OrderedDict()

    def find(self, space: IndexSpace) -> Space | None:
        """The space, or None if it was never written to."""
        opened = self._open.get(_key(space))
        if opened is not None and opened.shard.dimensions == space.dimensions:
            self._open.move_to_end(_key(space))
            return opened
        folder = self.folder(space)
        return self.make(space) if (folder / "space.json").exists() else None

    def make(self, space: IndexSpace) -> Space:
        """The space, made if it was never written to."""
        key = _key(space)
        opened = self._open.get(key)
        if opened is None or opened.shard.dimensions != space.dimensions:
            opened = Space(self.folder(space), space.dimensions)
            self._open[key] = opened
            self._close_unused()
        self._open.move_to_end(key)
        return opened

    def drop(self, space: IndexSpace) -> Path | None:
        """Take a space away, by one rename, so that a crash leaves either all of it or nothing.

        Returns the folder now in the trash, for the caller to remove; None if there was no such space.
        """
        opened = self._open.pop(_key(space), None)
        if opened is not None:
            opened.shard.close()
        folder = self.folder(space)
        if not folder.exists():
            return None
        return folder.rename(self._layout.trash / f"{folder.name}-{secrets.token_hex(8)}")

    def folder(self, space: IndexSpace) -> Path:
        """Where a space is kept."""
        return self._layout.space(space.tenant_id, space.generation)

    def list_all(self) -> list[IndexSpace]:
        """Every space on disk."""
        return self._layout.list_spaces()

    def iter_open(self) -> Iterator[Space]:
        """The spaces now open."""
        return iter(list(self._open.values()))

    def flush(self) -> None:
        """Bring the writes of every space to the disk; where that fails (it may be full) it is tried again later."""
        for space in self._open.values():
            try:
                space.flush()
            except Exception:
                log.exception("%s: cannot be flushed", space.folder)

    def close(self) -> None:
        """Flush and close every space."""
        self.flush()
        while self._open:
            self._open.popitem()[1].shard.close()

    def _close_unused(self) -> None:
        """Close the longest unused spaces above the bound, except one that is being written to or rebuilt."""
        idle = [key for key, space in self._open.items() if not space.write_lock.locked() and space.journal is None]
        for key in idle[: max(0, len(self._open) - self._max_open)]:
            if next(reversed(self._open)) != key:
                self._open.pop(key).close()


def _key(space: IndexSpace) -> SpaceKey:
    return space.tenant_id, space.generation
