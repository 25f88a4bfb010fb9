"""What the tests of office formats share: how blocks are shown, and files damaged at random."""

import random
from collections.abc import Callable, Iterator

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
