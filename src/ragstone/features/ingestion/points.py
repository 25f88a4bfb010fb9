"""A stored chunk as a point of the search index. Ingestion and rebuilding make the same point from the same rows."""

from ragstone.engine.language.sparse import passage_vector
from ragstone.features.documents.document import Document, StoredChunk
from ragstone.ports.filters import Scalar
from ragstone.ports.search_index import IndexPoint
from ragstone.ports.vectors import DenseVector


def index_point(document: Document, chunk: StoredChunk, dense: DenseVector | None) -> IndexPoint:
    """The point of a chunk."""
    return IndexPoint(
        chunk_id=chunk.id,
        dense=dense,
        sparse=passage_vector(chunk.text, document.title, chunk.headings),
        fields=_fields(document, chunk.version_id),
    )


def _fields(document: Document, version_id: str) -> dict[str, Scalar | tuple[str, ...]]:
    known: dict[str, Scalar | tuple[str, ...] | None] = {
        "collection_id": document.collection_id,
        "created_at": document.created_at.timestamp(),
        "document_id": document.id,
        "filename": document.filename,
        "language": document.language,
        "size_bytes": document.size_bytes,
        "tag": document.tags,
        "type": document.type,
        "version_id": version_id,
    }
    metadata = {
        f"metadata.{key}": tuple(value) if isinstance(value, list) else value
        for key, value in document.metadata.items()
    }
    return {name: value for name, value in (known | metadata).items() if value is not None}
