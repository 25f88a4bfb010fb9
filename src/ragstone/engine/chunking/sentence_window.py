"""Windows of a few sentences, for text whose every sentence may be an answer."""

from collections.abc import Iterable, Iterator, Sequence

from ragstone.engine.chunking.chunk import ChunkingOptions
from ragstone.engine.chunking.overlap import last_units
from ragstone.engine.chunking.units import Divider, Unit


def pack_sentences(units: Iterable[Unit], divider: Divider, options: ChunkingOptions) -> Iterator[list[Unit]]:
    """Runs of `window_sentences` sentences below the same headings, as far as they have at most `max_tokens` tokens.

    A run begins with the last sentences of the one before, up to `overlap_tokens` and never all of them. A heading
    counts as a sentence and opens a run. A sentence too long for any run is divided into words.
    """
    run: list[Unit] = []
    for sentence in _sentences(units, divider, options.max_tokens):
        if run and _opens_section(run[-1], sentence):
            yield run
            run = []
        elif run and not _has_room(run, sentence, options):
            yield run
            run = _repeated(run, sentence, options)
        run.append(sentence)
    if run:
        yield run


def _sentences(units: Iterable[Unit], divider: Divider, max_tokens: int) -> Iterator[Unit]:
    for unit in units:
        for sentence in divider.sentences(unit):
            yield from [sentence] if sentence.n_tokens <= max_tokens else divider.words(sentence)


def _opens_section(before: Unit, unit: Unit) -> bool:
    if before.is_heading:
        return False
    return unit.is_heading or unit.block.headings != before.block.headings


def _has_room(run: Sequence[Unit], sentence: Unit, options: ChunkingOptions) -> bool:
    n_tokens = sum(unit.n_tokens for unit in run) + sentence.n_tokens
    return len(run) < options.window_sentences and n_tokens <= options.max_tokens


def _repeated(run: Sequence[Unit], sentence: Unit, options: ChunkingOptions) -> list[Unit]:
    room = min(options.overlap_tokens, options.max_tokens - sentence.n_tokens)
    sentences = last_units(run, room)
    return sentences[max(0, len(sentences) + 1 - options.window_sentences) :]
