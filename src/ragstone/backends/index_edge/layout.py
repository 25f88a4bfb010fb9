"""Where the index keeps its files, and the names it accepts.

<root>/index/format.json                              version of this layout
<root>/index/process.lock, process.log, process.sock  of the one process that owns the folder
<root>/index/spaces/<tenant>/<generation>/space.json  which shard folder is the live one
<root>/index/trash/                                   emptied at start
"""

import contextlib
import hashlib
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any, ClassVar, Final

from ragstone.kit.problem import Kind, Problem
from ragstone.ports.search_index import IndexSpace

FORMAT: Final = 1
MAX_SOCKET_PATH_BYTES: Final = 100
"""Linux takes 107 bytes and a final zero, macOS 103."""

_NAME: Final = re.compile(r"[a-z0-9_]{1,120}")


class IndexFormatUnknown(Problem):
    """The folder holds an index written by another version; it has to be rebuilt from the relational store."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "index_format_unknown"


class Layout:
    """The paths under one data folder."""

    def __init__(self, root: Path) -> None:
        self.index = root.resolve() / "index"
        self.format = self.index / "format.json"
        self.lock = self.index / "process.lock"
        self.log = self.index / "process.log"
        self.spaces = self.index / "spaces"
        self.trash = self.index / "trash"

    @property
    def socket(self) -> Path:
        """The socket's path: in the folder, or under the temporary folder where that would be too long for a socket."""
        near = self.index / "process.sock"
        if len(os.fsencode(near)) <= MAX_SOCKET_PATH_BYTES:
            return near
        digest = hashlib.sha256(os.fsencode(self.index)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"ragstone-{os.getuid()}-{digest}" / "process.sock"

    def space(self, tenant_id: str, generation: str) -> Path:
        """The folder of a space; raises `ValueError` for names that are not `[a-z0-9_]+`."""
        for name in (tenant_id, generation):
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} cannot name an index space")
        return self.spaces / tenant_id / generation

    def list_spaces(self) -> list[IndexSpace]:
        """Every space with a marker, ordered by name."""
        markers = sorted(self.spaces.glob("*/*/space.json"))
        return [
            IndexSpace(path.parts[-3], path.parts[-2], int(read_json(path).get("dimensions", 0))) for path in markers
        ]

    def prepare(self) -> None:
        """Make the folders private to the user and check the version; raises `IndexFormatUnknown`."""
        for folder in (self.index, self.socket.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if folder.stat().st_uid != os.getuid():
                raise PermissionError(f"{folder} belongs to somebody else")
        if not self.format.exists() and not self.spaces.exists():
            write_json(self.format, {"format": FORMAT})
        found = read_json(self.format).get("format")
        if found != FORMAT:
            raise IndexFormatUnknown(path=str(self.index), found=str(found), expected=FORMAT)
        self.spaces.mkdir(exist_ok=True)
        self.trash.mkdir(exist_ok=True)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file; an absent or unreadable file has no entries."""
    with contextlib.suppress(OSError, ValueError):
        content = json.loads(path.read_bytes())
        if isinstance(content, dict):
            return content
    return {}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Replace a file at once: after a power failure either the old or the new content is there."""
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
