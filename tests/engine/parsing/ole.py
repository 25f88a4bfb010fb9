"""Writes OLE files for tests (MS-CFB): small streams in the mini stream, the directory as one long branch."""

import struct
from collections.abc import Iterator, Mapping, Sequence

_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SECTOR, _MINI_SECTOR, _MINI_BELOW, _PER_SECTOR = 512, 64, 4096, 128
_END, _NONE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD

_Path = tuple[str, ...]


def ole_file(streams: Mapping[_Path, bytes]) -> bytes:
    """A file with the streams at the given paths, all of it in fewer than 128 sectors."""
    folders = {path[:depth] for path in streams for depth in range(1, len(path))}
    entries: list[_Path] = [(), *sorted({*streams, *folders})]
    small = {path: content for path, content in streams.items() if len(content) < _MINI_BELOW}
    mini_starts, mini_table = _laid_out(small, _MINI_SECTOR, 0)
    mini_stream = b"".join(_padded(content, _MINI_SECTOR) for content in small.values())
    parts: dict[_Path, bytes] = {
        ("directory",): bytes(len(entries) * 128),
        ("mini table",): struct.pack(f"<{len(mini_table)}I", *mini_table).ljust(_SECTOR, b"\xff"),
        (): mini_stream,
        **{path: content for path, content in streams.items() if path not in small},
    }
    starts, table = _laid_out(parts, _SECTOR, 0)
    sizes = {path: len(content) for path, content in streams.items()} | {(): len(mini_stream)}
    places = {path: (mini_starts.get(path, starts.get(path, 0)), sizes.get(path, 0)) for path in entries}
    parts["directory",] = b"".join(_iter_directory(entries, streams, places))
    table_at = len(table)
    table = [*table, _FAT]
    assert len(table) <= _PER_SECTOR
    head = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII", _MAGIC, 0x3E, 3, 0xFFFE, 9, 6, 0, 1, starts["directory",], 0, _MINI_BELOW,
        starts["mini table",], len(_padded(parts["mini table",], _SECTOR)) // _SECTOR, _END, 0, table_at,
    )  # fmt: skip
    body = b"".join(_padded(content, _SECTOR) for content in parts.values())
    return head.ljust(_SECTOR, b"\xff") + body + struct.pack(f"<{len(table)}I", *table).ljust(_SECTOR, b"\xff")


def _laid_out(parts: Mapping[_Path, bytes], sector: int, first: int) -> tuple[dict[_Path, int], list[int]]:
    """Where each part starts if they stand one behind the other, and the table that chains their sectors."""
    starts, table = {}, [_NONE] * first
    for path, content in parts.items():
        n_sectors = len(_padded(content, sector)) // sector
        starts[path] = len(table) if n_sectors else _END
        table += [*range(len(table) + 1, len(table) + n_sectors), _END] if n_sectors else []
    return starts, table


def _iter_directory(
    entries: Sequence[_Path], streams: Mapping[_Path, bytes], places: Mapping[_Path, tuple[int, int]]
) -> Iterator[bytes]:
    for path in entries:
        inside = [entry for entry in entries[1:] if entry[:-1] == path]
        siblings = [entry for entry in entries[1:] if path and entry[:-1] == path[:-1]]
        following = siblings[siblings.index(path) + 1 :][:1] if path else []
        name = (path[-1] if path else "Root Entry").encode("utf-16-le")
        right = entries.index(following[0]) if following else _NONE
        child = entries.index(inside[0]) if inside and path not in streams else _NONE
        kind = 2 if path in streams else 1 if path else 5
        yield struct.pack("<64sHBBIII36xIQ", name, len(name) + 2, kind, 1, _NONE, right, child, *places[path])


def _padded(content: bytes, size: int) -> bytes:
    return content.ljust(-(-len(content) // size) * size, b"\0")
