"""Connections to the relational store.

A use case opens one transaction for what must happen together and closes it before it waits for anything else.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ragstone.kit.problem import Kind, Problem

_SQLITE_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",  # In WAL mode a crash of the process loses nothing; FULL would sync every commit.
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
)


class DatabaseUnavailable(Problem):
    """The relational store does not answer, is locked for too long, or cannot be written."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "database_unavailable"


class ValueNotStorable(Problem):
    """A value cannot be stored or compared: a number out of range, a character the store does not take."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "value_not_storable"


class Database:
    """One relational store, SQLite or Postgres, as an async context manager.

    SQLite gets one connection for writing, so that writers of a process queue here and not on the file lock, and a
    pool for reading that cannot write. On Postgres both are one pool.
    """

    def __init__(self, url: str, *, pool_size: int = 8, timeout_s: float = 10.0) -> None:
        self.url: Final = sa.make_url(url)
        self.is_sqlite: Final = self.url.get_backend_name() == "sqlite"
        self._timeout_s = timeout_s
        if self.is_sqlite:
            self._writer = _sqlite_engine(self.url, timeout_s, pool_size=1)
            self._reader = _sqlite_engine(self.url, timeout_s, pool_size=pool_size, read_only=True)
        else:
            self._writer = _postgres_engine(self.url, timeout_s, pool_size)
            self._reader = self._writer

    @classmethod
    def sqlite(cls, path: Path, *, pool_size: int = 8, timeout_s: float = 10.0) -> "Database":
        """The store in the file `path`, made at first use."""
        return cls(f"sqlite+aiosqlite:///{path}", pool_size=pool_size, timeout_s=timeout_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for engine in {self._writer, self._reader}:
            await engine.dispose()

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A connection inside a write transaction: committed at the end, rolled back on an exception."""
        async with _translated(), self._writer.begin() as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def migration(self) -> AsyncIterator[AsyncConnection]:
        """A write transaction that may rebuild tables.

        SQLite changes most of a table by copying it and dropping the old one, and would take its rows for deleted, with
        all that refers to them; so references are only checked at the end. Raises `RuntimeError` if one is broken.
        """
        if not self.is_sqlite:
            async with self.transaction() as connection:
                yield connection
            return
        async with _translated(), self._writer.connect() as connection:
            await _set_foreign_keys(connection, "OFF")
            try:
                async with connection.begin():
                    yield connection
                    broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).first()
                    if broken is not None:
                        raise RuntimeError(f"the migration broke a reference: {broken}")
            finally:
                await _set_foreign_keys(connection, "ON")

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading. Each statement sees what was committed when it began."""
        async with _translated(), self._reader.connect() as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    async def ping(self) -> None:
        """Raises `DatabaseUnavailable` unless a statement is answered in time."""
        try:
            async with asyncio.timeout(self._timeout_s), self.read() as connection:
                await connection.execute(sa.text("SELECT 1"))
        except TimeoutError as error:
            raise DatabaseUnavailable(reason="no answer in time") from error


async def _set_foreign_keys(connection: AsyncConnection, state: str) -> None:
    """Straight at the driver, as it has no effect inside a transaction."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.execute(f"PRAGMA foreign_keys = {state}")


@contextlib.asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except (OperationalError, PoolTimeout, ConnectionError) as error:
        raise DatabaseUnavailable(reason=_reason(error)) from error
    except StatementError as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise DatabaseUnavailable(reason=_reason(error)) from error
        if _is_of_value(error):
            raise ValueNotStorable(reason=_reason(error)) from error
        raise
    except OverflowError as error:
        if "SQLite" not in str(error):
            raise
        raise ValueNotStorable(reason=str(error)) from error


def _is_of_value(error: StatementError) -> bool:
    """SQLSTATE class 22 is "data exception"; a moment out of range does not even reach the driver."""
    return isinstance(error.orig, OverflowError) or str(getattr(error.orig, "sqlstate", "")).startswith("22")


def _reason(error: Exception) -> str:
    return str(error.orig if isinstance(error, StatementError) else error).splitlines()[0][:200]


def _sqlite_engine(url: sa.URL, timeout_s: float, *, pool_size: int, read_only: bool = False) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=timeout_s,
        poolclass=sa.AsyncAdaptedQueuePool,
        connect_args={"timeout": timeout_s, "isolation_level": None},
    )

    def prepare(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        for pragma in (*_SQLITE_PRAGMAS, "PRAGMA query_only = ON") if read_only else _SQLITE_PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    def begin(connection: sa.Connection) -> None:
        # The write lock is taken at once: a transaction that begins by reading could not upgrade under contention.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    sa.event.listen(engine.sync_engine, "connect", prepare)
    if not read_only:
        sa.event.listen(engine.sync_engine, "begin", begin)
    return engine


def _postgres_engine(url: sa.URL, timeout_s: float, pool_size: int) -> AsyncEngine:
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=timeout_s,
        pool_pre_ping=True,
        connect_args={"timeout": timeout_s, "command_timeout": timeout_s * 6},
    )
