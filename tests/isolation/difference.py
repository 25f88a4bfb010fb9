"""Whether a tenant can tell that another one is there: every store function is asked in both worlds.

A function is called as the second tenant, with identifiers of either. In the world where the first tenant never was,
the answer and the second tenant's rows have to be the same; in the other one, the first one's have to stay as they are.
"""

import importlib
import inspect
import pkgutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from tests.isolation.world import FIRST, N_ROWS, NOW, SECOND, canary, contents, row_id, scope_of

import ragstone
from ragstone.features.collections.generation_store import Generation
from ragstone.features.documents.document import DocumentStatus
from ragstone.features.documents.list import DocumentQuery, list_documents
from ragstone.features.documents.publish_store import Reading
from ragstone.features.documents.store import find_document, find_version
from ragstone.features.documents.tables import versions
from ragstone.features.documents.usage_store import Usage
from ragstone.features.documents.version_store import ActiveVersion
from ragstone.features.documents.versions.part_store import list_parts
from ragstone.features.jobs.store import JobFilter, find_job
from ragstone.kit.clock import SystemClock
from ragstone.kit.pepper import Pepper
from ragstone.kit.scope import Scope

StoreFunction = Callable[..., Awaitable[Any]]

ONLY_INSERTS: Final = {
    "insert_answered",
    "write_content",
    "add_vectors",
    "insert_versions",
    "insert_parts",
    "add_upload_intent",
    "keep_passwords",
    "add_usage",
    "flag_near_duplicate",
    "begin_adding",
    "begin_dropping",
}
"""They write what they are given, as the scope's own; what they look up before is looked up by the others too."""

ASKED_ABOUT_OTHERS: Final = {"count_due_of_others"}
"""They are meant to tell, in numbers, that others are there."""


@dataclass(frozen=True)
class Given:
    """Whose identifiers are given, those of which of their rows, and the objects these rows are."""

    who: str
    number: int
    objects: Mapping[str, Any]

    def one(self, table: str) -> str:
        """The identifier of a row."""
        return row_id(table, self.who, self.number)


def every(table: str) -> list[str]:
    """The identifiers of all rows of both tenants."""
    return [row_id(table, who, number) for who in (FIRST, SECOND) for number in range(N_ROWS)]


def every_blob() -> set[str]:
    """The keys of all blobs of both tenants, announced or used."""
    tables = ("upload_intents", "versions", "version_parts")
    return {f"ten_{who}/{table}.{number}" for table in tables for who in (FIRST, SECOND) for number in range(N_ROWS)}


_PASSAGES: Final = [letter * 64 for letter in (*map(str, range(N_ROWS)), FIRST, SECOND)]

_FOUND: Final[Mapping[str, Any]] = {"found_title": "found", "found_metadata": {}, "published_at": NOW}

ARGUMENTS: Final[Mapping[str, Callable[[Given], Any]]] = {
    "collection_id": lambda given: given.one("collections"),
    "document_id": lambda given: given.one("documents"),
    "version_id": lambda given: given.one("versions"),
    "job_id": lambda given: given.one("jobs"),
    "document_ids": lambda _: every("documents"),
    "version_ids": lambda _: every("versions"),
    "chunk_ids": lambda _: every("chunks"),
    "job_ids": lambda _: every("jobs"),
    "blob_keys": lambda _: every_blob(),
    "external_ids": lambda _: [f"same {number}" for number in range(N_ROWS)],
    "hashes": lambda _: _PASSAGES,
    "passages": lambda _: _PASSAGES,
    "vectors": lambda _: dict.fromkeys(_PASSAGES),
    "which": lambda _: versions.c.id.in_(every("versions")),
    "leaving": lambda given: sa.select(versions.c.id).where(versions.c.id == given.one("versions")),
    "generation": lambda given: "gen_9" if given.number == N_ROWS - 1 else "gen_1",
    "target": lambda _: Generation("other", "gen_3", 2),
    "key": lambda given: f"answered_requests.idempotency_key_{given.who}{given.number}",
    "name": lambda given: f"same {given.number}",
    "kind": lambda _: "documents.reindex",
    "values": lambda _: {"title": "changed"},
    "payload": lambda given: {"collection_id": given.one("collections"), "after": "", "until": "z"},
    "chunking": lambda _: {"strategy": "structure", "max_tokens": 100, "overlap_tokens": 0},
    "wanted": lambda _: JobFilter(),
    "statuses": lambda _: list(DocumentStatus),
    "status": lambda _: DocumentStatus.FAILED,
    "error": lambda _: None,
    "usage": lambda _: Usage(1, 1, 1, 1.0),
    "model": lambda _: "model",
    "clock": lambda _: SystemClock(),
    "pepper": lambda _: Pepper(b"p" * 32),
    "now": lambda _: NOW + timedelta(days=1),
    "since": lambda _: NOW - timedelta(days=9),
    "limit": lambda _: 99,
    "query": lambda _: DocumentQuery(offset=0),
    "kept": lambda _: 0,
    "start_byte": lambda _: 0,
    "end_byte": lambda _: 4,
    "before": lambda _: None,
    "document": lambda given: given.objects["document"],
    "version": lambda given: given.objects["version"],
    "part": lambda given: given.objects["part"],
    "job": lambda given: given.objects["job"],
    "said": lambda given: [given.objects["document"]],
    "readings": lambda given: [Reading(given.objects["document"], given.objects["version"], _FOUND)],
    "answering": lambda given: {given.objects["document"].id: ActiveVersion("versions_b3", 1)},
}
"""What to give for a parameter, by its name. A new name has to be added before the function counts as covered."""

_OF_A_ROW: Final = {
    *("collection_id", "document_id", "version_id", "job_id", "leaving", "key", "name", "payload"),
    *("generation", "document", "version", "part", "job", "said", "readings", "answering"),
}
"""Parameters that are about one row; all others are given the same whichever row is meant."""

_OPEN_ENDED: Final = {"update_collection": {"description": "changed"}, "update_job": {"stage": "changed"}}


def store_functions() -> dict[str, StoreFunction]:
    """All functions of store modules that take a scope, by module and name."""
    found: dict[str, StoreFunction] = {}
    for info in pkgutil.walk_packages(ragstone.__path__, "ragstone."):
        if info.name.startswith("ragstone.features.") and info.name.endswith("store"):
            module = importlib.import_module(info.name)
            for name, function in inspect.getmembers(module, inspect.iscoroutinefunction):
                takes = inspect.signature(function).parameters
                if function.__module__ == info.name and not name.startswith("_") and "scope" in takes:
                    found[f"{info.name}.{name}"] = function
    found[f"{list_documents.__module__}.{list_documents.__name__}"] = list_documents
    left_out = ONLY_INSERTS | ASKED_ABOUT_OTHERS
    return {name: item for name, item in found.items() if item.__name__ not in left_out}


def unknown_parameters(functions: Mapping[str, StoreFunction]) -> list[str]:
    """Parameters nobody has said what to give for."""
    return [
        f"{name}({parameter.name})"
        for name, function in functions.items()
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name not in {"connection", "db", "scope", "after", *ARGUMENTS}
        and parameter.kind is not parameter.VAR_KEYWORD
    ]


class InlineConnection:
    """A connection as store functions use one, to a store in memory that answers at once: there is nothing to wait for.

    So thousands of questions take seconds.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect
        self.execute: Any = _at_once(connection.execute)
        self.scalar: Any = _at_once(connection.scalar)
        self.scalars: Any = _at_once(connection.scalars)

    @asynccontextmanager
    async def read(self, _: Scope) -> "AsyncIterator[InlineConnection]":
        """Itself, for functions that open a connection of their own."""
        yield self


def _at_once(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    async def call(*arguments: Any) -> Any:
        return function(*arguments)

    return call


def _result(awaitable: Awaitable[Any]) -> Any:
    """What a function that waits for nothing returns."""
    try:
        awaitable.__await__().send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("a store function waits for something else than its connection")


class Worlds:
    """The store with both tenants, and the one with the second alone."""

    def __init__(self, both: Path, alone: Path) -> None:
        self._both = _in_memory(both)
        self._alone = _in_memory(alone)
        self._first_tenant = contents(self._both, FIRST)
        self._given: list[Given] = []
        connection = InlineConnection(self._both)
        for who in (FIRST, SECOND):
            ready: dict[str, Any] = {}
            for number in range(N_ROWS):
                found = _result(_objects(connection, who, number))
                ready = {**found, **{name: item for name, item in ready.items() if found[name] is None}}
                self._given.append(Given(who, number, ready))

    def close(self) -> None:
        """Forget both."""
        for connection in (self._both, self._alone):
            connection.close()
            connection.engine.dispose()

    def differences(self, functions: Mapping[str, StoreFunction]) -> Iterator[str]:
        """What gives the first tenant away, or harms it."""
        for name, function in functions.items():
            takes = inspect.signature(function).parameters
            for given in self._given if _OF_A_ROW & takes.keys() else self._given[:1]:
                told, rows, is_untouched = self._ask(self._both, function, given)
                told_alone, rows_alone, _ = self._ask(self._alone, function, given)
                about = f"{name} asked about row {given.number} of {given.who}"
                if told != told_alone:
                    yield f"{about} answers {told:.200} instead of {told_alone:.200}"
                elif canary(FIRST).decode() in told:
                    yield f"{about} tells what only the first tenant knows"
                elif rows != rows_alone:
                    yield f"{about} leaves other rows"
                elif not is_untouched:
                    yield f"{about} changes rows of the first tenant"

    def _ask(self, connection: sa.Connection, function: StoreFunction, given: Given) -> tuple[str, Any, bool]:
        """The answer, the second tenant's rows after it, and whether the first one's are as before."""
        before = _n_changes(connection)
        connection.exec_driver_sql("SAVEPOINT asked")
        try:
            told = repr(_plain(_result(function(**_arguments(function, given, InlineConnection(connection))))))
        except Exception as error:  # noqa: BLE001 - An error is an answer, too.
            told = f"raises {type(error).__name__}"
        rows, is_untouched = None, True
        if before != _n_changes(connection):
            rows = contents(connection, SECOND)
            is_untouched = connection is self._alone or contents(connection, FIRST) == self._first_tenant
        connection.exec_driver_sql("ROLLBACK TO asked")
        connection.exec_driver_sql("RELEASE asked")
        return told, rows, is_untouched


def _in_memory(path: Path) -> sa.Connection:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"isolation_level": None})
    connection = engine.connect()
    driver: Any = connection.connection.driver_connection
    with closing(sqlite3.connect(path)) as stored:
        stored.backup(driver)
    return connection


def _n_changes(connection: sa.Connection) -> Any:
    return connection.exec_driver_sql("SELECT total_changes()").scalar()


async def _objects(connection: Any, who: str, number: int) -> dict[str, Any]:
    scope = scope_of(who)
    version = await find_version(connection, scope, row_id("versions", who, number))
    assert version is not None
    parts = await list_parts(connection, scope, version)
    return {
        "document": await find_document(connection, scope, row_id("documents", who, number)),
        "version": version,
        "part": parts[0] if parts else None,
        "job": await find_job(connection, scope, row_id("jobs", who, number)),
    }


def _arguments(function: StoreFunction, given: Given, connection: InlineConnection) -> dict[str, Any]:
    values: dict[str, Any] = dict(_OPEN_ENDED.get(function.__name__, {}))
    for parameter in inspect.signature(function).parameters.values():
        match parameter.name:
            case "connection" | "db":
                values[parameter.name] = connection
            case "scope":
                values["scope"] = scope_of(SECOND)
            case "after":
                values["after"] = "" if parameter.annotation is str else -1 if parameter.annotation is int else None
            case name if name in ARGUMENTS:
                values[name] = ARGUMENTS[name](given)
    return values


def _plain(value: Any) -> Any:
    """Without an order that means nothing."""
    if isinstance(value, set | frozenset):
        return sorted(map(repr, value))
    if isinstance(value, Mapping):
        return sorted((repr(key), repr(_plain(item))) for key, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return [_plain(getattr(value, field.name)) for field in fields(value)]
    return value
