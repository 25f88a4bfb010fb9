"""Texts to requests: as few as possible, none with too many texts or too many tokens."""

from collections.abc import Iterator, Sequence

from ragstone.backends.embed_openai.tokenise import estimate_size


def batches(texts: Sequence[str], positions: Sequence[int], max_inputs: int, max_tokens: int) -> Iterator[list[int]]:
    """The given positions of `texts`, in order, in runs. A text that is too large by itself makes a run of its own."""
    batch: list[int] = []
    n_tokens = 0
    for position in positions:
        size = estimate_size(texts[position])
        if batch and (len(batch) >= max_inputs or n_tokens + size > max_tokens):
            yield batch
            batch, n_tokens = [], 0
        batch.append(position)
        n_tokens += size
    if batch:
        yield batch
