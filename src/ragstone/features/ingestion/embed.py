"""The dense vectors of what has been read."""

from collections.abc import Sequence
from dataclasses import replace

from ragstone.engine.language.coverage import is_covered
from ragstone.features.documents.document import Document, StoredChunk
from ragstone.features.ingestion.batch import ReadVersion
from ragstone.ports.embedder import Embedder
from ragstone.ports.vectors import DenseVector


def passage_text(document: Document, chunk: StoredChunk) -> str:
    """What the embedding model reads of a chunk: the document's title before the text, as questions often name it."""
    return f"{document.title}\n{chunk.text}"


async def embed(embedder: Embedder | None, versions: Sequence[ReadVersion]) -> list[ReadVersion]:
    """The versions with the vectors of their chunks. A chunk in a language the model does not know gets none."""
    chunks = [(item.document, chunk) for item in versions for chunk in item.chunks]
    vectors = iter(await _vectors(embedder, chunks))
    return [replace(item, vectors=tuple(next(vectors) for _ in item.chunks)) for item in versions]


async def _vectors(
    embedder: Embedder | None, chunks: Sequence[tuple[Document, StoredChunk]]
) -> list[DenseVector | None]:
    vectors: list[DenseVector | None] = [None] * len(chunks)
    if embedder is None:
        return vectors
    covered = [i for i, (_, chunk) in enumerate(chunks) if is_covered(embedder.tokenise(chunk.text))]
    if covered:
        rows = await embedder.embed_passages([passage_text(*chunks[i]) for i in covered])
        for i, row in zip(covered, rows, strict=True):
            vectors[i] = row
    return vectors
