"""What is published of models that are often used through an embeddings API, so that nobody has to look it up.

Sources: the providers' documentation and the models' cards, November 2026.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

_OPENAI: Final = "https://api.openai.com/v1"
_GEMINI: Final = "https://generativelanguage.googleapis.com/v1beta/openai"


@dataclass(frozen=True, slots=True)
class KnownModel:
    """Sizes, the prefixes the model was trained with, and where it is at home if that is one place only.

    The vectors of an `is_matryoshka` model may be cut short. One that is not `is_multilingual` has a vocabulary of
    English pieces and reads other scripts letter by letter.
    """

    dimensions: int | None = None
    max_tokens: int = 512
    query_prefix: str = ""
    passage_prefix: str = ""
    is_multilingual: bool = True
    is_matryoshka: bool = False
    batch_inputs: int = 2048
    base_url: str | None = None


_E5: Final = KnownModel(max_tokens=512, query_prefix="query: ", passage_prefix="passage: ")
_QWEN: Final = KnownModel(
    max_tokens=8192,
    query_prefix="Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:",
    is_matryoshka=True,
)
_NOMIC: Final = KnownModel(768, 2048, "search_query: ", "search_document: ", is_multilingual=False, is_matryoshka=True)
_GEMMA: Final = KnownModel(768, 2048, "task: search result | query: ", "title: none | text: ", is_matryoshka=True)
_REPRESENT: Final = "Represent this sentence for searching relevant passages: "

KNOWN_MODELS: Final[Mapping[str, KnownModel]] = {
    "text-embedding-3-small": KnownModel(1536, 8192, is_matryoshka=True, base_url=_OPENAI),
    "text-embedding-3-large": KnownModel(3072, 8192, is_matryoshka=True, base_url=_OPENAI),
    "text-embedding-ada-002": KnownModel(1536, 8192, base_url=_OPENAI),
    "gemini-embedding-001": KnownModel(3072, 2048, is_matryoshka=True, batch_inputs=100, base_url=_GEMINI),
    "gemini-embedding-2": replace(_GEMMA, dimensions=3072, max_tokens=8192, batch_inputs=100, base_url=_GEMINI),
    "nomic-embed-text": _NOMIC,
    "nomic-embed-text-v1.5": _NOMIC,
    "embeddinggemma": _GEMMA,
    "embeddinggemma-300m": _GEMMA,
    "mxbai-embed-large": KnownModel(1024, 512, _REPRESENT, is_multilingual=False, is_matryoshka=True),
    "mxbai-embed-large-v1": KnownModel(1024, 512, _REPRESENT, is_multilingual=False, is_matryoshka=True),
    "all-minilm": KnownModel(384, 256, is_multilingual=False),
    "all-minilm-l6-v2": KnownModel(384, 256, is_multilingual=False),
    "bge-m3": KnownModel(1024, 8192),
    "snowflake-arctic-embed2": KnownModel(1024, 8192, "query: "),
    "snowflake-arctic-embed-l-v2.0": KnownModel(1024, 8192, "query: "),
    "snowflake-arctic-embed-m-v2.0": KnownModel(768, 8192, "query: "),
    "multilingual-e5-small": replace(_E5, dimensions=384),
    "multilingual-e5-base": replace(_E5, dimensions=768),
    "multilingual-e5-large": replace(_E5, dimensions=1024),
    "granite-embedding-97m-multilingual-r2": KnownModel(384, 8192),
    "granite-embedding-311m-multilingual-r2": KnownModel(768, 8192, is_matryoshka=True),
    "qwen3-embedding:0.6b": replace(_QWEN, dimensions=1024),
    "qwen3-embedding-0.6b": replace(_QWEN, dimensions=1024),
    "qwen3-embedding:4b": replace(_QWEN, dimensions=2560),
    "qwen3-embedding-4b": replace(_QWEN, dimensions=2560),
    "qwen3-embedding:8b": replace(_QWEN, dimensions=4096),
    "qwen3-embedding-8b": replace(_QWEN, dimensions=4096),
}


def find_known_model(model: str) -> KnownModel | None:
    """What is known of a model, whatever publisher or default tag its name is written with."""
    name = model.lower().rpartition("/")[2].removesuffix(":latest")
    return KNOWN_MODELS.get(name)
