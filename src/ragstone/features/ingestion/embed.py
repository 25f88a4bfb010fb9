"""The dense vectors of what has been read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ragstone.engine.language.coverage import is_covered
from ragstone.features.documents.document import Document, StoredChunk
from ragstone.features.ingestion.batch import ReadVersion
from ragstone.ports.embedder import Embedder, PassageRejected
from ragstone.ports.vectors import DenseVector


@dataclass(frozen=True, slots=True)
class Embedded:
    """Versions with the vectors of their chunks, and those with a chunk the model will not take."""

    versions: tuple[ReadVersion, ...]
    rejected: tuple[tuple[ReadVersion, PassageRejected], ...] = ()


def passage_text(document: Document, chunk: StoredChunk) -> str:
    """What the embedding model reads of a chunk: the document's title before the text, as questions often name it."""
    return f"{document.title}\n{chunk.text}"


async def embed(embedder: Embedder | None, versions: Sequence[ReadVersion]) -> Embedded:
    """Embed all chunks together. One in a language the model does not know gets no vector.

    A version with a chunk the model will not take is rejected alone; its problem names the chunk by its ordinal.
    """
    chunks = [(item.document, chunk) for item in versions for chunk in item.chunks]
    vectors, rejected = await _vectors(embedder, chunks)
    embedded: list[ReadVersion] = []
    failed: list[tuple[ReadVersion, PassageRejected]] = []
    start = 0
    for item in versions:
        end = start + len(item.chunks)
        reasons = {i - start: rejected[i] for i in range(start, end) if i in rejected}
        if reasons:
            failed.append((item, PassageRejected(reasons)))
        else:
            embedded.append(replace(item, vectors=tuple(vectors[start:end])))
        start = end
    return Embedded(tuple(embedded), tuple(failed))


async def _vectors(
    embedder: Embedder | None, chunks: Sequence[tuple[Document, StoredChunk]]
) -> tuple[list[DenseVector | None], Mapping[int, str]]:
    """The vector of each chunk, and why a chunk was rejected, by its place."""
    vectors: list[DenseVector | None] = [None] * len(chunks)
    if embedder is None:
        return vectors, {}
    covered = [i for i, (_, chunk) in enumerate(chunks) if is_covered(embedder.tokenise(chunk.text))]
    rows, rejected = await _embed_all(embedder, [passage_text(*chunks[i]) for i in covered])
    for i, row in zip(covered, rows, strict=True):
        vectors[i] = row
    return vectors, {covered[position]: reason for position, reason in rejected.items()}


async def _embed_all(embedder: Embedder, texts: Sequence[str]) -> tuple[Sequence[DenseVector], Mapping[int, str]]:
    if not texts:
        return (), {}
    try:
        return tuple(await embedder.embed_passages(texts)), {}
    except PassageRejected as problem:
        return tuple(problem.vectors), problem.rejected
