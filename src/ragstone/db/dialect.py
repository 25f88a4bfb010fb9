"""The few places where SQLite and Postgres speak differently."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


def insert_into(connection: AsyncConnection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An `INSERT` that may go on with `on_conflict_do_nothing` or `on_conflict_do_update`, which both spell alike."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


async def hold_lock(connection: AsyncConnection, name: str, *, shared: bool) -> None:
    """Hold the lock of a name until the transaction ends: any number share it, or one has it alone.

    On SQLite the one write transaction is the lock.
    """
    if connection.dialect.name == "postgresql":
        lock = sa.func.pg_advisory_xact_lock_shared if shared else sa.func.pg_advisory_xact_lock
        await connection.execute(sa.select(lock(sa.func.hashtextextended(name, 0))))


class byte_slice(GenericFunction[bytes]):  # noqa: N801 - SQL functions are written in lower case.
    """`byte_slice(column, start, end)`: the bytes `[start, end)` of a binary column."""

    type = sa.LargeBinary()
    inherit_cache = True


@compiles(byte_slice)
def _byte_slice(element: byte_slice, compiler: SQLCompiler, **options: Any) -> str:
    column, start, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"substr({column}, {start} + 1, {end} - {start})"


class json_array_has(GenericFunction[bool]):  # noqa: N801 - SQL functions are written in lower case.
    """`json_array_has(column, text)`: whether a JSON array of texts contains the text."""

    type = sa.Boolean()
    inherit_cache = True


@compiles(json_array_has, "sqlite")
def _json_array_has_sqlite(element: json_array_has, compiler: SQLCompiler, **options: Any) -> str:
    column, value = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{value} IN (SELECT json_each.value FROM json_each({column}))"  # noqa: S608 - Both parts are compiled SQL.


@compiles(json_array_has, "postgresql")
def _json_array_has_postgres(element: json_array_has, compiler: SQLCompiler, **options: Any) -> str:
    column, value = (compiler.process(clause, **options) for clause in element.clauses)
    return f"jsonb_exists(CAST({column} AS jsonb), {value})"


class json_text(GenericFunction[str]):  # noqa: N801 - SQL functions are written in lower case.
    """`json_text(column, key)`: the value under one key of a JSON object, as JSON writes it but without quotes.

    Null where it is absent. The key must not contain a double quote.
    """

    type = sa.String()
    inherit_cache = True


@compiles(json_text, "sqlite")
def _json_text_sqlite(element: json_text, compiler: SQLCompiler, **options: Any) -> str:
    column, key = (compiler.process(clause, **options) for clause in element.clauses)
    place = f"{column}, '$.\"' || {key} || '\"'"
    plain = f"CAST(json_extract({place}) AS TEXT)"  # It would say 1 for true.
    return f"CASE json_type({place}) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE {plain} END"


@compiles(json_text, "postgresql")
def _json_text_postgres(element: json_text, compiler: SQLCompiler, **options: Any) -> str:
    column, key = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} ->> CAST({key} AS text))"


class binary_order(GenericFunction[str]):  # noqa: N801 - SQL functions are written in lower case.
    """`binary_order(column)`: a text column that compares and sorts by bytes, whatever the database's language."""

    type = sa.String()
    inherit_cache = True


@compiles(binary_order, "sqlite")
def _binary_order_sqlite(element: binary_order, compiler: SQLCompiler, **options: Any) -> str:
    (column,) = (compiler.process(clause, **options) for clause in element.clauses)
    return column


@compiles(binary_order, "postgresql")
def _binary_order_postgres(element: binary_order, compiler: SQLCompiler, **options: Any) -> str:
    (column,) = (compiler.process(clause, **options) for clause in element.clauses)
    return f'({column} COLLATE "C")'


async def one_at_a_time(connection: AsyncConnection, number: int) -> None:
    """Let transactions that give the same number follow each other; the lock goes with the transaction.

    On SQLite every write transaction has the store to itself already.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))
