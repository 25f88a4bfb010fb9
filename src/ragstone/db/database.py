"""Connections to the relational store.

A use case opens one transaction for what must happen together and closes it before it waits for anything else. It
names the scope it acts in; on Postgres, the rows of other tenants do not exist on such a connection.
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

from ragstone.db.admission import EVERY_TENANT, Admission, admit_at_checkout, admitting, one_tenant
from ragstone.db.changes import Changes
from ragstone.db.row_security import APP_ROLE, secure
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Scope

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
    pool for reading that cannot write. On Postgres both are one pool, whose connections have shed the rights of the
    user that logs in; only migrations keep them.
    """

    def __init__(
        self,
        url: str,
        *,
        migration_url: str | None = None,
        app_role: str = APP_ROLE,
        pool_size: int = 8,
        timeout_s: float = 10.0,
    ) -> None:
        self.url: Final = sa.make_url(url)
        self.is_sqlite: Final = self.url.get_backend_name() == "sqlite"
        self._timeout_s = timeout_s
        self._has_owner_apart = migration_url is not None
        self._app_role = app_role
        self._assumed: str | None = None
        if self.is_sqlite:
            self._owner = self._writer = _sqlite_engine(self.url, timeout_s, pool_size=1)
            self._reader = _sqlite_engine(self.url, timeout_s, pool_size=pool_size, read_only=True)
        else:
            self._writer = self._reader = _postgres_engine(self.url, timeout_s, pool_size=pool_size)
            self._owner = _postgres_engine(sa.make_url(migration_url or url), timeout_s, pool_size=1)
            sa.event.listen(self._writer.sync_engine, "do_connect", self._shed_rights)
        self.changes: Final = Changes()
        self.changes.watch(self._writer.sync_engine)

    @classmethod
    def sqlite(cls, path: Path, *, pool_size: int = 8, timeout_s: float = 10.0) -> "Database":
        """The store in the file `path`, made at first use."""
        return cls(f"sqlite+aiosqlite:///{path}", pool_size=pool_size, timeout_s=timeout_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for engine in {self._owner, self._writer, self._reader}:
            await engine.dispose()

    @contextlib.asynccontextmanager
    async def transaction(self, scope: Scope) -> AsyncIterator[AsyncConnection]:
        """A connection inside a write transaction: committed at the end, rolled back on an exception.

        On Postgres, rows of other tenants than the scope's can neither be seen nor written on it.
        """
        async with self._writing(one_tenant(scope)) as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def read(self, scope: Scope) -> AsyncIterator[AsyncConnection]:
        """A connection for reading rows of the scope's tenant. Each statement sees what was committed when it began."""
        async with _translated(), _connected(self._reader, one_tenant(scope)) as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextlib.asynccontextmanager
    async def transaction_across_tenants(self) -> AsyncIterator[AsyncConnection]:
        """A write transaction of the installation: for what no tenant asks for, by the few that an architecture test
        names with their reasons.
        """
        async with self._writing(EVERY_TENANT) as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def read_across_tenants(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading rows of all tenants, for the few that an architecture test names."""
        async with _translated(), _connected(self._reader, EVERY_TENANT) as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextlib.asynccontextmanager
    async def _writing(self, admission: Admission) -> AsyncIterator[AsyncConnection]:
        async with _translated(), _connected(self._writer, admission) as connection:
            info = connection.info
            try:
                async with connection.begin():
                    yield connection
            finally:
                self.changes.done(info)

    async def secure(self) -> None:
        """On Postgres, close every tenant's table to other tenants, and shed the owner's rights from now on.

        Raises `RowSecurityBypassed`.
        """
        if self.is_sqlite:
            return
        async with self.migration() as connection:
            login = self.url.username if self._has_owner_apart else None
            self._assumed = await secure(connection, self._app_role, login)
        await self._writer.dispose()  # Connections from before still have the owner's rights.

    def _shed_rights(self, _: object, __: object, ___: object, options: dict[str, Any]) -> None:
        if self._assumed is not None:
            options["server_settings"] = {"role": self._assumed}

    @contextlib.asynccontextmanager
    async def migration(self) -> AsyncIterator[AsyncConnection]:
        """A write transaction that may rebuild tables.

        SQLite changes most of a table by copying it and dropping the old one, and would take its rows for deleted, with
        all that refers to them; so references are only checked at the end. Raises `RuntimeError` if one is broken.
        """
        if not self.is_sqlite:
            async with _translated(), _connected(self._owner, EVERY_TENANT) as connection, connection.begin():
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

    async def ping(self) -> None:
        """Raises `DatabaseUnavailable` unless a statement is answered in time."""
        try:
            async with asyncio.timeout(self._timeout_s), self.read_across_tenants() as connection:
                await connection.execute(sa.text("SELECT 1"))
        except TimeoutError as error:
            raise DatabaseUnavailable(reason="no answer in time") from error


async def _set_foreign_keys(connection: AsyncConnection, state: str) -> None:
    """Straight at the driver, as it has no effect inside a transaction."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.execute(f"PRAGMA foreign_keys = {state}")


@contextlib.asynccontextmanager
async def _connected(engine: AsyncEngine, admission: Admission) -> AsyncIterator[AsyncConnection]:
    async with contextlib.AsyncExitStack() as stack:
        with admitting(admission):
            connection = await stack.enter_async_context(engine.connect())
        yield connection


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


def _postgres_engine(url: sa.URL, timeout_s: float, *, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=timeout_s,
        connect_args={"timeout": timeout_s, "command_timeout": timeout_s * 6},
    )
    sa.event.listen(engine.sync_engine, "checkout", admit_at_checkout)
    return engine
