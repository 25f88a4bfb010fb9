"""The settings themselves. Each has a default that suits one machine, and a description that the reference prints."""

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from ragstone.settings.edge import Hosts, Networks, Origins, SecretSettings, TlsSettings, is_loopback
from ragstone.settings.section import Section as _Section
from ragstone.settings.serving import CapacitySettings, TimeoutSettings

_SERVICE_NAME = r"[a-z0-9_-]{1,30}"


class HttpSettings(_Section):
    """How the server listens and what it accepts."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    max_body_bytes: int = Field(64 * 2**20, gt=0, description="Largest JSON or NDJSON line accepted, in bytes.")
    max_upload_bytes: int = Field(512 * 2**20, gt=0, description="Largest single uploaded file, in bytes.")
    max_files: int = Field(1000, gt=0, description="Most files in one upload.")
    idempotency_hours: int = Field(
        24, gt=0, description="How long the answer to a request with an `Idempotency-Key` is kept, in hours."
    )
    shutdown_grace_s: int = Field(
        20, ge=0, description="How long running requests may finish after SIGTERM, in seconds."
    )
    allowed_hosts: Hosts = Field(
        (), description="Names the server answers to, as `rag.example.org` or `*.example.org`; unset means any."
    )
    trusted_proxies: Networks = Field(
        (), description="Networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."
    )
    cors_origins: Origins = Field(
        (),
        description="Origins whose pages may call the server, as `https://app.example.org`; `*` in development only.",
    )
    cors_max_age_s: int = Field(600, ge=0, description="How long a browser may remember that, in seconds.")
    hsts_s: int = Field(
        31_536_000, ge=0, description="How long browsers are to insist on HTTPS, told over HTTPS; 0 tells them nothing."
    )


class DatabaseSettings(_Section):
    """The relational store, which is the only truth."""

    url: SecretStr | None = Field(
        None, description="`postgresql://user:password@host/name`; unset means SQLite in the data folder."
    )
    migration_url: SecretStr | None = Field(
        None,
        description="Postgres: the owner of the tables, where the user of `url` is not; used by migrations alone.",
    )
    app_role: str = Field(
        "ragstone_app",
        min_length=1,
        max_length=63,
        description="Postgres: the role that owns nothing and that connections step down to; made where allowed.",
    )
    pool_size: int = Field(8, gt=0, description="Connections kept open for reading (SQLite) or altogether (Postgres).")
    timeout_s: float = Field(10.0, gt=0, description="Longest wait for a connection or a lock, in seconds.")


class IndexSettings(_Section):
    """The search index, a projection of the relational store."""

    url: str = Field("edge://", description="`edge://` keeps the index in the data folder, in a process of its own.")
    timeout_s: float = Field(10.0, gt=0, description="Longest wait for one index call, in seconds.")


class BlobSettings(_Section):
    """Where uploaded files are kept."""

    url: str | None = Field(
        None, description="`file:///path`, `s3://bucket/prefix`, `gs://…` or `az://…`; unset means the data folder."
    )
    timeout_s: float = Field(30.0, gt=0, description="Longest wait for one piece of a blob, in seconds.")


class QueueSettings(_Section):
    """How workers learn of new jobs."""

    url: str = Field("inline://", description="`inline://` wakes the workers of this process.")


class CacheSettings(_Section):
    """What is kept to be answered faster, and may be forgotten at any time."""

    url: str = Field("memory://", description="`memory://` keeps the cache in this process.")
    max_bytes: int = Field(32 * 2**20, gt=0, description="Most memory the cache may take, in bytes.")
    query_embedding_ttl_s: float = Field(
        3600.0, ge=0, description="How long the vector of a question is kept, in seconds."
    )


class EmbeddingSettings(_Section):
    """The model that turns text into vectors."""

    provider: Literal["onnx", "openai", "none"] = Field(
        "onnx",
        description="`onnx` runs the model in this process; `openai` asks a server that speaks OpenAI's embeddings API "
        "(OpenAI, Gemini, Ollama, vLLM, TEI, …); `none` searches by words alone.",
    )
    model: str = Field("all-MiniLM-L6-v2", description="Name of the model, as its provider writes it.")
    weights_dir: Path | None = Field(
        None, description="Folder with the model's files; unset means the data folder, then the weights package."
    )
    base_url: str | None = Field(
        None, description="Address of the server, up to `/v1`; unset means the model's home, where it has only one."
    )
    api_key: SecretStr | None = Field(None, description="The server's API key, if it wants one.")
    dimensions: int | None = Field(
        None, gt=0, description="Size of vectors to ask the server for; unset means the model's own."
    )
    matryoshka: bool | None = Field(
        None,
        description="Whether the model's vectors may be cut to `dimensions` here, where its server does not do it; "
        "unset means what is known of the model.",
    )
    max_input_tokens: int | None = Field(
        None,
        gt=0,
        description="Most tokens the server reads of one text; unset means what is known of the model, or 512.",
    )
    batch_inputs: int | None = Field(
        None, gt=0, description="Most texts in one request; unset means what the provider allows, or 2048."
    )
    batch_tokens: int = Field(250_000, gt=0, description="Most tokens in one request, as estimated.")
    requests_per_minute: int | None = Field(
        None, gt=0, description="Requests the provider allows in a minute; unset means as many as it bears."
    )
    tokens_per_minute: int | None = Field(
        None, gt=0, description="Tokens the provider allows in a minute; unset means as many as it bears."
    )
    query_prefix: str | None = Field(
        None, description="Put before each question; unset means what the model was trained with, if that is known."
    )
    passage_prefix: str | None = Field(
        None, description="Put before each passage; unset means what the model was trained with, if that is known."
    )
    encoding_format: Literal["float", "base64"] = Field(
        "float", description="How the server writes vectors: `base64` is a third of the size, where it is understood."
    )
    timeout_s: float = Field(60.0, gt=0, description="Longest wait for the vectors of one request, in seconds.")
    query_timeout_s: float = Field(
        5.0, gt=0, description="Longest wait for the vector of a question before it is searched by words, in seconds."
    )
    concurrency: int = Field(4, gt=0, description="Most requests for passages at once.")
    price_per_million_tokens: float = Field(
        0.0, ge=0, description="What the provider takes for a million tokens, for estimates before a collection moves."
    )


class ChatSettings(_Section):
    """The model that answers."""

    provider: Literal["extractive"] = Field(
        "extractive", description="`extractive` quotes the sentences that answer; it needs no model and no network."
    )


class ServiceTokenSettings(_Section):
    """A token one of your own services, such as a gateway, calls with."""

    token: SecretStr = Field(min_length=32, description="The token itself, sent as `X-Service-Token`.")
    tenant: str | None = Field(
        None, description="Id of the tenant it acts in; unset means the one made at the first start."
    )
    permissions: tuple[Literal["read", "write", "admin", "owner", "platform"], ...] = Field(
        ("read",), description="What it may do; each is granted by itself."
    )


class AuthSettings(_Section):
    """Who may call."""

    bootstrap_key: SecretStr | None = Field(
        None, min_length=32, description="The first administrator's API key; unset means one is made and printed once."
    )
    registration: Literal["open", "first", "closed"] = Field(
        "first",
        description="Who may register: `open` everyone, each with a tenant of their own; `first` whoever comes first, "
        "who becomes owner of the first tenant and platform administrator; `closed` nobody who is not invited.",
    )
    issuer: str = Field("ragstone", description="What access tokens name as their issuer and audience.")
    access_token_s: int = Field(
        600, ge=30, le=86_400, description="How long an access token counts before it has to be refreshed, in seconds."
    )
    session_days: float = Field(
        30.0, gt=0, description="How long somebody stays signed in without refreshing, in days."
    )
    refresh_grace_s: float = Field(
        10.0,
        ge=0,
        description="How long a refresh token that was used may be sent again, for answers that got lost, in seconds.",
    )
    sign_in_delays: bool = Field(
        default=True, description="Whether failed attempts to sign in make further ones wait, ever longer."
    )
    reset_minutes: float = Field(30.0, gt=0, description="How long a link that resets a password works, in minutes.")
    password_min_length: int = Field(8, ge=8, le=64, description="Least number of characters in a password.")
    hash_memory_kib: int = Field(
        65_536, ge=8_192, description="Memory that hashing one password takes (Argon2id), in KiB."
    )
    hash_passes: int = Field(3, ge=1, description="How often that memory is passed over.")
    hash_lanes: int = Field(4, ge=1, description="On how many threads one password is hashed.")
    hashes_at_once: int = Field(2, ge=1, description="How many passwords are hashed at once.")


_RATE = r"^[1-9][0-9]{0,8}/[1-9][0-9]{0,8}$"


class MailSettings(_Section):
    """How mail reaches users."""

    url: SecretStr | None = Field(
        None,
        description="`smtp://user:password@host:587` (STARTTLS), `smtps://…:465` or, on a trusted network, "
        "`smtp+insecure://…`; unset means that mails are written into the data folder for the operator to pass on.",
    )

    @field_validator("url")
    @classmethod
    def _is_a_server(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not re.match(r"(smtp|smtps|smtp\+insecure)://[^/]", url.get_secret_value()):
            raise ValueError("a mail server is written smtp://user:password@host:port, or smtps://…")
        return url

    sender: str = Field("ragstone@localhost", description="Address that mails come from.")
    timeout_s: float = Field(20.0, gt=0, description="Longest wait for the mail server, in seconds.")
    reset_url: str | None = Field(
        None,
        description="Where a forgotten password is replaced, with `{token}` in it: "
        "`https://rag.example.com/reset#{token}`; unset means that mails hold the token alone.",
    )


class LimitSettings(_Section):
    """How much may be asked in a time. A rate is `30000/2000`: so many requests a minute, and so many at once.

    A request has to fit within every rate it falls under, or counts towards none. A request of a class counts as many
    times as the class costs; the rate of a class itself counts requests.
    """

    enabled: bool = Field(default=True, description="Whether requests are limited at all.")
    address: str = Field("60000/6000", pattern=_RATE, description="Rate of each address; of IPv6, of each /64 network.")
    guesses: str = Field(
        "600/1000",
        pattern=_RATE,
        description="Rate of wrong credentials from each address. Over it, none are looked at.",
    )
    tenant: str = Field("60000/6000", pattern=_RATE, description="Rate of each tenant.")
    user: str = Field("30000/2000", pattern=_RATE, description="Rate of each user, over all sessions.")
    key: str = Field("30000/2000", pattern=_RATE, description="Rate of each API key.")
    search: str | None = Field(None, pattern=_RATE, description="Rate of searches of each caller; unset means no own.")
    answer: str | None = Field(None, pattern=_RATE, description="Rate of answers of each caller; unset means no own.")
    ingest: str | None = Field(None, pattern=_RATE, description="Rate of uploads of each caller; unset means no own.")
    read: str | None = Field(
        None, pattern=_RATE, description="Rate of other reading of each caller; unset means no own."
    )
    write: str | None = Field(
        None, pattern=_RATE, description="Rate of other changes of each caller; unset means no own."
    )
    auth: str | None = Field("600/200", pattern=_RATE, description="Rate of signing in, of each address.")
    search_cost: int = Field(1, gt=0, description="As how many requests a search counts.")
    answer_cost: int = Field(2, gt=0, description="As how many requests an answer counts.")
    ingest_cost: int = Field(2, gt=0, description="As how many requests an upload counts.")


class QuotaSettings(_Section):
    """How much each tenant may keep, and spend in a month, unless something else was set for it. Unset: any amount."""

    documents: int | None = Field(None, ge=0, description="Most documents a tenant may keep.")
    bytes: int | None = Field(
        None, ge=0, description="Most bytes of originals a tenant may keep, those of former versions included."
    )
    requests_per_month: int | None = Field(None, ge=0, description="Most requests of a tenant in a month.")
    tokens_per_month: int | None = Field(None, ge=0, description="Most tokens models read for a tenant in a month.")
    cost_per_month: float | None = Field(
        None, ge=0, description="Most a tenant may cost in a month, by the prices set for models."
    )
    reservation_s: float = Field(
        600.0, gt=0, description="How long what a worker is about to spend is held if the worker dies, in seconds."
    )


class JobSettings(_Section):
    """Who gets to work when, and how long what is over is remembered."""

    max_running: int | None = Field(
        None, gt=0, description="Most jobs at work at once over all processes of the store; unset means every slot."
    )
    max_running_per_tenant: int | None = Field(
        None,
        gt=0,
        description="Most jobs of one tenant at work at once; unset means one less than there are slots, at least one.",
    )
    time_slice_s: float = Field(
        10.0, gt=0, description="After so long a job lets others go first if somebody waits, in seconds."
    )
    starved_after_s: float = Field(
        60.0, gt=0, description="A due job that others have kept from its turn for so long is `starved`, in seconds."
    )
    stalled_after_s: float = Field(
        300.0, gt=0, description="A running job that got no further for so long is `stalled`, in seconds."
    )
    retention_days: float = Field(30.0, gt=0, description="How long jobs that are over are kept, in days.")


class IngestionSettings(_Section):
    """How documents are read and indexed."""

    workers: int = Field(3, ge=0, description="Jobs that run at once in this process; 0 leaves the work to others.")
    max_attempts: int = Field(20, gt=0, description="How often a job is tried before it fails.")
    lease_s: float = Field(30.0, gt=0, description="A worker silent for so long has lost its job, in seconds.")
    batch_documents: int = Field(256, gt=0, description="Documents that are embedded and published together.")
    parser_memory_bytes: int = Field(1024 * 2**20, gt=0, description="Memory one file's parser may take, in bytes.")
    parser_cpu_s: int = Field(60, gt=0, description="Processor time one file's parser may take, in seconds.")
    parser_wall_s: float = Field(120.0, gt=0, description="Time one file's parser may take, in seconds.")
    max_pages: int = Field(5_000, gt=0, description="Most pages of one document.")
    max_chars: int = Field(20_000_000, gt=0, description="Most characters of one document's text.")
    max_archive_entries: int = Field(
        10_000, gt=0, description="Most files packed into one file: an archive, an office document, an e-mail."
    )
    max_unpacked_bytes: int = Field(2**30, gt=0, description="Most bytes one file may unpack to altogether.")
    max_unpack_ratio: int = Field(
        200, gt=0, description="How many times its size a file may unpack to before it counts as hostile."
    )
    ocr: Literal["auto", "off"] = Field(
        "auto", description="`auto` reads scanned pages of PDFs if the program `tesseract` is installed."
    )
    ocr_languages: tuple[str, ...] = Field(
        ("eng", "ara"), description="Languages scanned pages may be in, by tesseract's names, the likeliest first."
    )
    ocr_max_pages: int = Field(500, gt=0, description="Most scanned pages of one document that are read.")
    ocr_page_s: float = Field(60.0, gt=0, description="Time one scanned page may take, in seconds.")
    max_nesting: int = Field(5, ge=0, description="How deep files may be packed into each other.")


class DocumentSettings(_Section):
    """What is kept of documents over time."""

    kept_versions: int = Field(
        10,
        ge=0,
        description="Former versions kept of each document, so that answers that quote them can still be checked.",
    )


class AuditSettings(_Section):
    """The audit log: who did what to which object from where."""

    retention_days: float = Field(365.0, ge=0, description="How long records are kept, in days; 0 means for ever.")


class LogSettings(_Section):
    """What the server writes about itself."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe message written.")
    format: Literal["text", "json"] = Field("text", description="`text` for people, `json` for machines.")


class Settings(BaseSettings):
    """All settings of one process. Made by `load`, which knows where values come from."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is passed in: `load` has read every source, and remembers which value came from which."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @model_validator(mode="after")
    def _names_differ(self) -> "Settings":
        if self.embedding.model in self.embedders:
            raise ValueError(f"embedders.{self.embedding.model} has the name of the model of `embedding`")
        return self

    @model_validator(mode="after")
    def _is_fit_for_production(self) -> "Settings":
        if self.is_production and "*" in self.http.cors_origins:
            raise ValueError(
                "http.cors_origins holds *, so any page on the web could call this server, which others can reach: "
                "name the origins, as https://app.example.org, or listen on 127.0.0.1 or set mode=development"
            )
        return self

    @property
    def is_production(self) -> bool:
        """Whether what is meant for trying things out is refused."""
        return self.mode == "production" or (self.mode == "auto" and not is_loopback(self.http.host))

    @model_validator(mode="after")
    def _service_tokens_differ(self) -> "Settings":
        if len({item.token.get_secret_value() for item in self.service_tokens.values()}) < len(self.service_tokens):
            raise ValueError("two of `service_tokens` have the same token")
        for name in self.service_tokens:
            if not re.fullmatch(_SERVICE_NAME, name):
                raise ValueError(f"service_tokens.{name}: the name takes 1 to 30 letters, digits, dashes, underscores")
        return self

    data_dir: Path = Field(Path("ragstone-data"), description="Folder for everything the server keeps.")
    mode: Literal["auto", "development", "production"] = Field(
        "auto",
        description="`production` refuses settings that are for trying things out; `auto` is production as soon as the "
        "server listens on more than this machine's own addresses.",
    )
    http: HttpSettings = HttpSettings()
    tls: TlsSettings = TlsSettings()
    secrets: SecretSettings = SecretSettings()
    database: DatabaseSettings = DatabaseSettings()
    index: IndexSettings = IndexSettings()
    blobs: BlobSettings = BlobSettings()
    queue: QueueSettings = QueueSettings()
    cache: CacheSettings = CacheSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    embedders: dict[str, EmbeddingSettings] = Field(
        {},
        description="Further embedding models by name, each with the settings of `embedding`, for collections that "
        "choose one or move to one: `[embedders.large]` in the settings file, `RAGSTONE_EMBEDDERS__LARGE__MODEL`.",
    )
    service_tokens: dict[str, ServiceTokenSettings] = Field(
        {},
        description="Tokens of your own services by name, each with `token`, `tenant` and `permissions`: "
        "`[service_tokens.gateway]` in the settings file, `RAGSTONE_SERVICE_TOKENS__GATEWAY__TOKEN`.",
    )
    chat: ChatSettings = ChatSettings()
    auth: AuthSettings = AuthSettings()
    mail: MailSettings = MailSettings()
    capacity: CapacitySettings = CapacitySettings()
    timeouts: TimeoutSettings = TimeoutSettings()
    limits: LimitSettings = LimitSettings()
    quotas: QuotaSettings = QuotaSettings()
    jobs: JobSettings = JobSettings()
    ingestion: IngestionSettings = IngestionSettings()
    documents: DocumentSettings = DocumentSettings()
    audit: AuditSettings = AuditSettings()
    log: LogSettings = LogSettings()
