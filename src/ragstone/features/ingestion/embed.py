"""The dense vectors of passages: those that are known are looked up, the others embedded, in batches by tokens."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ragstone.engine.language.coverage import is_covered
from ragstone.features.accounts.quotas.quota import Amounts, Resource, micros
from ragstone.features.accounts.quotas.reserve import ledger_of, spending
from ragstone.features.collections.collection import Collection
from ragstone.features.documents.embedding_store import Vectors, list_embedded
from ragstone.features.documents.passage import Passage, passage_text
from ragstone.features.documents.usage_store import Usage
from ragstone.kit.scope import Scope
from ragstone.ports.embedder import Embedder, PassageRejected
from ragstone.ports.runtime import Runtime
from ragstone.ports.search_index import IndexSpace
from ragstone.ports.vectors import DenseVector

_PRICED_TOKENS: Final = 1e6
_BATCH_TOKENS: Final = 65_536
"""Most tokens in one call: enough that the embedder's own batches are full, few enough to be done in a minute."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors of one generation, what they have cost, and why the model will not take the passages it rejected."""

    generation: str
    model: str
    vectors: Vectors
    usage: Usage = field(default_factory=Usage)
    rejected: Mapping[str, str] = field(default_factory=dict)


async def embed(
    runtime: Runtime,
    scope: Scope,
    collection: Collection,
    passages: Mapping[str, Passage],
    at_hand: Sequence[Embedded] = (),
) -> tuple[Embedded, ...]:
    """The vectors of passages by their SHA-256, for each space of the collection that is written to.

    None stands for a passage in a language the model does not know. What is in `at_hand` is not asked for again.
    Raises `EmbeddingModelMissing`, `EmbedderUnavailable`, `QuotaExceeded`, `DatabaseUnavailable`.
    """
    there = {item.generation: item for item in at_hand}
    names = (collection.embedding_model, collection.next_model or "")
    return tuple(
        [
            there.get(space.generation) or await _embed(runtime, scope, space, name, passages)
            for space, name in zip(collection.written_spaces, names, strict=False)
        ]
    )


async def _embed(
    runtime: Runtime, scope: Scope, space: IndexSpace, name: str, passages: Mapping[str, Passage]
) -> Embedded:
    if not space.dimensions:
        return Embedded(space.generation, name, {})
    embedder = runtime.embedders.get(space.generation, name)
    async with runtime.db.read(scope) as connection:
        known = await list_embedded(connection, scope, space.generation, list(passages))
    missing = [passage for sha256, passage in passages.items() if sha256 not in known]
    made = await embed_anew(runtime, scope, embedder, missing)
    usage = replace(made.usage, n_texts=len(passages), n_cached=len(known))
    return replace(made, vectors={**known, **made.vectors}, usage=usage)


async def embed_anew(runtime: Runtime, scope: Scope, embedder: Embedder, passages: Sequence[Passage]) -> Embedded:
    """Vectors by SHA-256, with nothing looked up. Raises `EmbedderUnavailable`, `QuotaExceeded`."""
    profile = embedder.profile
    if not passages:
        return Embedded(profile.generation, profile.model, {})
    began = time.perf_counter()
    lengths = await asyncio.to_thread(_lengths, embedder, passages)
    vectors: dict[str, DenseVector | None] = dict.fromkeys(passage.sha256 for passage in passages)
    rejected: dict[str, str] = {}
    n_tokens, n_done = sum(lengths.values()), 0
    async with spending(ledger_of(runtime), scope, _amounts(runtime, profile.model, n_tokens)) as work:
        for batch in _batches(passages, lengths):
            names = [passage.sha256 for passage in batch]
            try:
                rows = await embedder.embed_passages([passage_text(passage.title, passage.text) for passage in batch])
            except PassageRejected as problem:
                rows = problem.vectors
                rejected |= {names[position]: reason for position, reason in problem.rejected.items()}
            vectors |= {name: row for name, row in zip(names, rows, strict=True) if name not in rejected}
            n_done += sum(lengths[name] for name in names)
            work.actual = _amounts(runtime, profile.model, n_done)
    usage = Usage(len(passages), 0, n_tokens, time.perf_counter() - began)
    return Embedded(profile.generation, profile.model, vectors, usage, rejected)


def _amounts(runtime: Runtime, model: str, n_tokens: int) -> Amounts:
    """What tokens count as."""
    cost = n_tokens * price_of(runtime, model) / _PRICED_TOKENS
    return {Resource.TOKENS: n_tokens, Resource.COST: micros(cost)}


def price_of(runtime: Runtime, name: str) -> float:
    """What a million tokens of a model cost."""
    settings = runtime.settings
    return settings.embedders.get(name, settings.embedding).price_per_million_tokens


def _lengths(embedder: Embedder, passages: Sequence[Passage]) -> dict[str, int]:
    """Tokens the model reads of each passage whose language it knows, by SHA-256."""
    profile = embedder.profile
    titles = {title: len(embedder.tokenise(title).pieces) for title in {passage.title for passage in passages}}
    lengths: dict[str, int] = {}
    for passage in passages:
        tokens = embedder.tokenise(passage.text)
        if is_covered(tokens):
            lengths[passage.sha256] = min(titles[passage.title] + len(tokens.pieces), profile.max_tokens)
    return lengths


def _batches(passages: Sequence[Passage], lengths: Mapping[str, int]) -> Iterator[list[Passage]]:
    """The longest first, so that passages of one length share a batch and little of it is padding."""
    batch: list[Passage] = []
    n_tokens = 0
    covered = [passage for passage in passages if passage.sha256 in lengths]
    for passage in sorted(covered, key=lambda passage: -lengths[passage.sha256]):
        if batch and n_tokens + lengths[passage.sha256] > _BATCH_TOKENS:
            yield batch
            batch, n_tokens = [], 0
        batch.append(passage)
        n_tokens += lengths[passage.sha256]
    if batch:
        yield batch
