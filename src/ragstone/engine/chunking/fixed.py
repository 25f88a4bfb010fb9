"""Windows of a fixed number of tokens, whatever the text's structure."""

from collections.abc import Iterable, Iterator

from ragstone.engine.chunking.chunk import ChunkingOptions
from ragstone.engine.chunking.overlap import last_units
from ragstone.engine.chunking.units import Divider, Unit


def pack_tokens(units: Iterable[Unit], divider: Divider, options: ChunkingOptions) -> Iterator[list[Unit]]:
    """Runs of as many words as have `max_tokens` tokens, each run beginning with up to `overlap_tokens` of the last.

    Headings and blocks do not matter to it. A word is divided, between grapheme clusters, only if it alone does not
    fit.
    """
    run: list[Unit] = []
    room = options.max_tokens
    for word in (word for unit in units for word in divider.words(unit)):
        if run and word.n_tokens > room:
            yield run
            run = last_units(run, min(options.overlap_tokens, options.max_tokens - word.n_tokens))
            room = options.max_tokens - sum(held.n_tokens for held in run)
        run.append(word)
        room -= word.n_tokens
    if run:
        yield run
