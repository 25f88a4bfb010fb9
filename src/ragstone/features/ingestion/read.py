"""From stored bytes to chunks: parse in the sandbox, tell the language, cut."""

import asyncio
from collections.abc import Sequence
from functools import partial

from ragstone.engine.chunking.cut import cut
from ragstone.engine.chunking.units import TokenOffsets
from ragstone.engine.chunking.words import word_offsets
from ragstone.engine.language.coverage import is_covered
from ragstone.engine.language.detect import detect
from ragstone.engine.language.minhash import signature
from ragstone.engine.parsing.document import ParsedDocument
from ragstone.features.collections.collection import Collection
from ragstone.features.documents.document import Document, Version
from ragstone.features.ingestion.batch import Content, ReadVersion, read_version
from ragstone.features.ingestion.originals import parse_original, parse_parts
from ragstone.features.ingestion.sandbox.process import ParserProcess
from ragstone.kit.scope import Scope
from ragstone.ports.embedder import Embedder
from ragstone.ports.runtime import Runtime

_SAMPLE_CHARS = 4000  # Enough to tell the language of a document.


async def read(
    runtime: Runtime, parser: ParserProcess, scope: Scope, collection: Collection, document: Document, version: Version
) -> ReadVersion:
    """One version, parsed and cut. Raises what a parser raises, `BlobStoreUnavailable`, `BlobNotFound`."""
    if version.n_parts is None:
        parsed, type_ = await parse_original(runtime, parser, scope, version)
    else:
        parsed, type_ = await parse_parts(runtime, parser, scope, version)
    embedder = runtime.embedders.find(collection.generation)
    # A long document takes seconds to cut, and other requests must not wait for it.
    return await asyncio.to_thread(understand, embedder, collection, document, version, parsed, type_)


def understand(
    embedder: Embedder | None,
    collection: Collection,
    document: Document,
    version: Version,
    parsed: ParsedDocument,
    type_: str,
) -> ReadVersion:
    """Tell the language of what was parsed, cut it, and sign it."""
    sample = parsed.text[:_SAMPLE_CHARS]
    language = version.language or collection.language or detect(sample)
    chunks = cut(parsed, collection.chunking.options(), _measure(embedder, sample))
    return read_version(document, version, Content(type_, language, parsed, chunks, signature(parsed.text)))


def _measure(embedder: Embedder | None, sample: str) -> TokenOffsets:
    """How a document is measured: in the model's tokens, or in pieces of words where the model will not read it.

    A model that does not know a language counts its letters, and would cut a paragraph into crumbs.
    """
    if embedder is None or not is_covered(embedder.tokenise(sample)):
        return word_offsets
    return partial(_model_offsets, embedder)


def _model_offsets(embedder: Embedder, text: str) -> Sequence[tuple[int, int]]:
    return embedder.tokenise(text).offsets
