"""What the tests of office formats share: how blocks are shown, and files damaged at random."""

import random
import struct
from collections.abc import Callable, Iterator, Mapping

import pytest

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.parse import parse
from ragstone.kit.problem import Problem


@pytest.fixture(scope="session")
def options(limits: ParseLimits) -> ParseOptions:
    return ParseOptions(limits)


@pytest.fixture(scope="session")
def shown() -> Callable[[ParsedDocument], list[tuple[str, str]]]:
    return lambda document: [
        (block.kind.value, document.text[block.start_char : block.end_char]) for block in document.blocks
    ]


@pytest.fixture(scope="session")
def assert_only_problems(
    options: ParseOptions, assert_sound: Callable[[ParsedDocument], None]
) -> Callable[[bytes, str], None]:
    """Damages a file in many ways: each is read soundly or refused with a problem, and nothing else is raised."""

    def check(content: bytes, media_type: str) -> None:
        for damaged in iter_damaged(content):
            try:
                assert_sound(parse(damaged, media_type, options))
            except Problem:
                continue

    return check


def iter_damaged(content: bytes, n_copies: int = 60) -> Iterator[bytes]:
    chance = random.Random(7)  # noqa: S311 - repeatable, not secret.
    for number in range(n_copies):
        damaged = bytearray(content)
        for _ in range(1 + number % 8):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        yield bytes(damaged[: chance.randrange(1, len(damaged))] if number % 3 == 0 else damaged)


@pytest.fixture(scope="session")
def compound_file() -> Callable[[Mapping[str, bytes]], bytes]:
    return _compound_file


def _compound_file(streams: Mapping[str, bytes]) -> bytes:
    """A compound file (MS-CFB, version 3) of streams, each filled up with zeros to at least 4096 bytes."""
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    contents = {
        name: content.ljust(max(4096, -(-len(content) // 512) * 512), b"\0") for name, content in streams.items()
    }
    n_directory = -(-(len(contents) + 1) // 4)
    chains = [n_directory, *(len(content) // 512 for content in contents.values())]
    n_fat = -(-(sum(chains) + 2) // 126)
    fat = [0xFFFFFFFD] * n_fat
    starts = []
    for n_sectors in chains:
        starts.append(len(fat))
        fat += [*range(len(fat) + 1, len(fat) + n_sectors), end]
    fat += [free] * (n_fat * 128 - len(fat))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9I", 0, n_fat, starts[0], 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", *range(n_fat), *[free] * (109 - n_fat))
    entries = [_directory_entry("Root Entry", 5, free, 1, end, 0)]
    for number, (name, content) in enumerate(contents.items(), start=1):
        following = number + 1 if number < len(contents) else free
        entries.append(_directory_entry(name, 2, following, free, starts[number], len(content)))
    directory = b"".join(entries).ljust(n_directory * 512, b"\0")
    return header + struct.pack(f"<{len(fat)}I", *fat) + directory + b"".join(contents.values())


def _directory_entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    head = encoded.ljust(64, b"\0") + struct.pack("<HBB3I", len(encoded), kind, 1, 0xFFFFFFFF, right, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)
