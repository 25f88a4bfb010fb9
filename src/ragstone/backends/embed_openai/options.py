"""The settings of one embeddings server, with what is known of its model filled in."""

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit, urlunsplit

from ragstone.backends.embed_openai.known_models import KnownModel, find_known_model
from ragstone.backends.embed_openai.problems import EmbedderNotConfigured
from ragstone.settings import EmbeddingSettings

EncodingFormat: TypeAlias = Literal["float", "base64"]

_ENDPOINT: Final = "/embeddings"
_HOSTS_WITH_KEY: Final = ("api.openai.com", "generativelanguage.googleapis.com")
_EXAMPLES: Final = {"model": "text-embedding-3-small", "base_url": "http://localhost:11434/v1", "api_key": "sk-…"}


@dataclass(frozen=True, slots=True)
class Options:
    """How one model on one server is asked. `dimensions` is sent if set; `known_dimensions` is what is published."""

    model: str
    base_url: str
    api_key: str = field(default="", repr=False)
    dimensions: int | None = None
    known_dimensions: int | None = None
    max_tokens: int = 512
    batch_inputs: int = 2048
    batch_tokens: int = 250_000
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    query_prefix: str = ""
    passage_prefix: str = ""
    encoding_format: EncodingFormat = "float"
    is_multilingual: bool = True
    is_matryoshka: bool = False
    timeout_s: float = 60.0
    query_timeout_s: float = 5.0
    concurrency: int = 4

    @property
    def url(self) -> str:
        """Where texts are sent to."""
        return self.base_url + _ENDPOINT

    @property
    def host(self) -> str:
        """The server as it is named in problems: without the credentials an address may hold."""
        return urlsplit(self.base_url).netloc.rpartition("@")[2]

    @property
    def identity(self) -> str:
        """Names the vectors of this model on this server, for remembering their size."""
        parts = urlsplit(self.base_url)
        return f"{self.model} at {urlunsplit(parts._replace(netloc=self.host))}"


def options_of(settings: EmbeddingSettings) -> Options:
    """The options the settings and the known models amount to. Raises `EmbedderNotConfigured`."""
    if "model" not in settings.model_fields_set:
        raise _missing("model")
    known = find_known_model(settings.model) or KnownModel()
    base_url = settings.base_url or known.base_url
    if not base_url:
        raise _missing("base_url")
    if urlsplit(base_url).scheme not in {"http", "https"} or not urlsplit(base_url).hostname:
        raise _missing("base_url")
    api_key = settings.api_key.get_secret_value() if settings.api_key else ""
    if not api_key and urlsplit(base_url).hostname in _HOSTS_WITH_KEY:
        raise _missing("api_key")
    return Options(
        model=settings.model,
        base_url=base_url.rstrip("/").removesuffix(_ENDPOINT),
        api_key=api_key,
        dimensions=settings.dimensions,
        known_dimensions=known.dimensions,
        max_tokens=settings.max_input_tokens or known.max_tokens,
        batch_inputs=settings.batch_inputs or known.batch_inputs,
        batch_tokens=settings.batch_tokens,
        requests_per_minute=settings.requests_per_minute,
        tokens_per_minute=settings.tokens_per_minute,
        query_prefix=known.query_prefix if settings.query_prefix is None else settings.query_prefix,
        passage_prefix=known.passage_prefix if settings.passage_prefix is None else settings.passage_prefix,
        encoding_format=settings.encoding_format,
        is_multilingual=known.is_multilingual,
        is_matryoshka=known.is_matryoshka if settings.matryoshka is None else settings.matryoshka,
        timeout_s=settings.timeout_s,
        query_timeout_s=settings.query_timeout_s,
        concurrency=settings.concurrency,
    )


def _missing(field_name: str) -> EmbedderNotConfigured:
    return EmbedderNotConfigured(
        setting=f"embedding.{field_name}",
        variable=f"RAGSTONE_EMBEDDING__{field_name.upper()}",
        example=_EXAMPLES[field_name],
    )
