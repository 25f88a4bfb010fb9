"""What a chunk repeats of the one before it."""

from collections.abc import Iterator, Sequence

from ragstone.engine.chunking.units import Divider, Grain, Unit


def last_sentences(run: Sequence[Unit], divider: Divider, room: int) -> list[Unit]:
    """The last whole sentences of the run's text that have at most `room` tokens together."""
    taken: list[Unit] = []
    for sentence in _sentences_backwards(run, divider):
        room -= sentence.n_tokens
        if room < 0:
            break
        taken.append(sentence)
    return taken[::-1]


def last_units(run: Sequence[Unit], room: int) -> list[Unit]:
    """The last units of the run that have at most `room` tokens together, never all of them."""
    taken: list[Unit] = []
    for unit in reversed(run[1:]):
        room -= unit.n_tokens
        if room < 0:
            break
        taken.append(unit)
    return taken[::-1]


def _sentences_backwards(run: Sequence[Unit], divider: Divider) -> Iterator[Unit]:
    """Up to a heading, or to a sentence of which the run holds words only."""
    for unit in reversed(run):
        if unit.is_heading or unit.grain >= Grain.WORD:
            return
        yield from reversed(divider.sentences(unit))
