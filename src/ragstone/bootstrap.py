"""The only file that names backends: settings to a runtime, opened as one and closed as one."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar, Final

import structlog

from ragstone.backends.blobs.store import ObjectBlobStore
from ragstone.backends.cache_memory.cache import MemoryCache
from ragstone.backends.chat_extractive.model import ExtractiveChatModel
from ragstone.backends.embed_onnx.embedder import OnnxEmbedder
from ragstone.backends.embed_onnx.install import Stage, check_model, install_model, list_models
from ragstone.backends.embed_onnx.known_models import get_known_model
from ragstone.backends.embed_onnx.model_folder import find_model_folder
from ragstone.backends.embed_onnx.problems import ModelNotInstalled
from ragstone.backends.embed_openai.embedder import OpenAIEmbedder
from ragstone.backends.embed_openai.options import options_of
from ragstone.backends.index_edge.index import EdgeIndex, EdgeTimeouts
from ragstone.backends.limits_memory.rate_limiter import MemoryRateLimiter
from ragstone.backends.mail_log.mailer import LogMailer
from ragstone.backends.mail_smtp.mailer import SmtpMailer
from ragstone.backends.queue_inline.job_queue import InlineJobQueue
from ragstone.db.database import Database
from ragstone.db.migrate import migrate
from ragstone.kit.clock import SystemClock
from ragstone.kit.pepper import Pepper, load_pepper
from ragstone.kit.problem import Kind, Problem
from ragstone.ports.embedders import Embedders
from ragstone.ports.runtime import Runtime
from ragstone.settings import EmbeddingSettings, Settings

__all__ = [
    "Stage",
    "build",
    "check_model",
    "find_model_folder",
    "get_known_model",
    "install_model",
    "list_models",
    "open_database",
    "open_embedder",
]

DATABASE_FILE: Final = "ragstone.sqlite"
SECRETS_FOLDER: Final = "secrets"
_log = structlog.get_logger(__name__)


class DataFolderUnusable(Problem):
    """The data folder cannot be made or written."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "data_folder_unusable"


@contextlib.asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Runtime]:
    """Open everything the settings name, bring the store's schema up to date, and close it all at the end.

    Raises `DataFolderUnusable`, `DatabaseUnavailable`, `DatabaseSchemaNewer` and what the backends raise.
    """
    folder = settings.data_dir
    pepper = _prepare_folder(folder)
    clock = SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        db = await stack.enter_async_context(open_database(settings))
        await migrate(db, clock, folder)
        embedders = await _open_embedders(settings, stack)
        timeouts = EdgeTimeouts(read_s=settings.index.timeout_s)
        index = await stack.enter_async_context(EdgeIndex(folder, timeouts))
        mailer = _open_mailer(settings)
        yield Runtime(
            settings=settings,
            db=db,
            index=index,
            blobs=ObjectBlobStore(
                settings.blobs.url or (folder / "blobs").resolve().as_uri(), settings.blobs.timeout_s
            ),
            queue=InlineJobQueue(),
            cache=MemoryCache(settings.cache.max_bytes),
            limiter=MemoryRateLimiter(),
            embedders=embedders,
            chat=ExtractiveChatModel(embedders.default),
            mailer=mailer,
            clock=clock,
            pepper=pepper,
            breakers=(
                index.breaker,
                *([mailer.breaker] if isinstance(mailer, SmtpMailer) else []),
                *(item.breaker for item in embedders.by_name.values() if isinstance(item, OpenAIEmbedder)),
            ),
        )


def open_database(settings: Settings) -> Database:
    """The relational store the settings name."""
    database = settings.database
    if database.url is None:
        path = settings.data_dir / DATABASE_FILE
        return Database.sqlite(path, pool_size=database.pool_size, timeout_s=database.timeout_s)
    owner = database.migration_url
    return Database(
        database.url.get_secret_value(),
        migration_url=owner.get_secret_value() if owner else None,
        app_role=database.app_role,
        pool_size=database.pool_size,
        timeout_s=database.timeout_s,
    )


def _open_mailer(settings: Settings) -> SmtpMailer | LogMailer:
    mail = settings.mail
    if mail.url is None:
        return LogMailer(settings.data_dir / "mail")
    return SmtpMailer(mail.url.get_secret_value(), mail.sender, mail.timeout_s)


async def _open_embedders(settings: Settings, stack: contextlib.AsyncExitStack) -> Embedders:
    """All embedding models by name; the default goes by the name of its model."""
    default = await stack.enter_async_context(open_embedder(settings.embedding, settings.data_dir))
    by_name: dict[str, OnnxEmbedder | OpenAIEmbedder] = {settings.embedding.model: default} if default else {}
    for name, one in settings.embedders.items():
        embedder = await stack.enter_async_context(open_embedder(one, settings.data_dir))
        if embedder is not None:
            by_name[name] = embedder
    return Embedders(default, by_name)


@contextlib.asynccontextmanager
async def open_embedder(
    settings: EmbeddingSettings, data_dir: Path
) -> AsyncIterator[OnnxEmbedder | OpenAIEmbedder | None]:
    """An embedding model, or None if none is wanted or none is installed.

    A server that does not answer is no reason not to start. Raises `ModelDamaged`, `EmbedderNotConfigured`.
    """
    match settings.provider:
        case "none":
            yield None
        case "openai":
            remote = OpenAIEmbedder(options_of(settings), data_dir)
            async with remote:
                yield remote
        case "onnx":
            local = _find_onnx(settings, data_dir)
            try:
                yield local
            finally:
                if local is not None:
                    await local.close()


def _find_onnx(settings: EmbeddingSettings, data_dir: Path) -> OnnxEmbedder | None:
    try:
        folder = find_model_folder(settings.model, folder=settings.weights_dir, data_dir=data_dir)
    except ModelNotInstalled as problem:
        if settings.weights_dir is not None:
            raise
        _log.warning("an embedding model is not installed: search goes without it", **problem.facts)
        return None
    return OnnxEmbedder(folder, query_prefix=settings.query_prefix or "", passage_prefix=settings.passage_prefix or "")


def _prepare_folder(data_dir: Path) -> Pepper:
    """Make the data folder; the installation's pepper, made at the first start and kept from everyone else."""
    try:
        return load_pepper(data_dir / SECRETS_FOLDER)
    except OSError as error:
        raise DataFolderUnusable(path=str(data_dir), reason=error.strerror or str(error)) from error
