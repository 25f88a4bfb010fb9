"""One chunk for each few rows of a table or records of a stream; the text around them by structure."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from ragstone.engine.chunking.chunk import ChunkingOptions
from ragstone.engine.chunking.structure import pack_sections
from ragstone.engine.chunking.units import Divider, Unit
from ragstone.engine.parsing.document import BlockKind


def pack_rows(units: Iterable[Unit], divider: Divider, options: ChunkingOptions) -> Iterator[list[Unit]]:
    """Runs of up to `rows_per_chunk` neighbouring rows below the same headings, as far as they fit into `max_tokens`.

    Rows do not overlap: each is a record of its own. One that is too long is divided as any other block.
    """
    for is_row, stretch in groupby(units, key=lambda unit: unit.block.kind is BlockKind.TABLE_ROW):
        pack = _pack if is_row else pack_sections
        yield from pack(stretch, divider, options)


def _pack(units: Iterable[Unit], divider: Divider, options: ChunkingOptions) -> Iterator[list[Unit]]:
    run: list[Unit] = []
    for unit in units:
        n_tokens = sum(held.n_tokens for held in run) + unit.n_tokens
        is_near = not run or run[-1].block.headings == unit.block.headings
        if run and not (is_near and len(run) < options.rows_per_chunk and n_tokens <= options.max_tokens):
            yield run
            run = []
        if unit.n_tokens > options.max_tokens:
            yield from pack_sections([unit], divider, options)
        else:
            run.append(unit)
    if run:
        yield run
