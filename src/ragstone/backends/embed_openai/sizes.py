"""The sizes of vectors that servers have shown, kept in the data folder so that each is asked only once."""

import json
from pathlib import Path
from typing import Final

from ragstone.kit.files import write_private

_FILE: Final = "embedders.json"


class KnownSizes:
    """`embedders.json` in a folder: the number of dimensions by model and server. It may be deleted at any time."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE

    def find(self, identity: str) -> int | None:
        """The size that was learned, if it was."""
        size = self._read().get(identity)
        return size if isinstance(size, int) and size > 0 else None

    def keep(self, identity: str, dimensions: int) -> None:
        """Remember a size."""
        sizes = self._read() | {identity: dimensions}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_private(self._path, json.dumps(sizes, indent=2, sort_keys=True).encode())

    def _read(self) -> dict[str, object]:
        try:
            sizes = json.loads(self._path.read_bytes())
        except (FileNotFoundError, ValueError):  # What is not there, or was damaged, is learned again.
            return {}
        return sizes if isinstance(sizes, dict) else {}
