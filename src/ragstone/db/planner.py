"""What SQLite's planner is told about the sizes of tables, so that it plans for large ones from the first row on.

Told nothing, it takes every equality for ten rows, and reads all that a tenant has in order to find 256 rows by their
ids. Counting (`ANALYZE`) helps only once the tables are large, and only those who count again as they grow. So it is
told once what a large installation looks like; on a small one every plan is fast. The table may be written by hand:
https://sqlite.org/fileformat2.html#the_sqlite_stat1_table. Postgres counts by itself.
"""

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

_ROWS: Final = 1_000_000
_ROWS_OF_ONE: Final = {"tenant_id": 200_000, "collection_id": 100_000}
_ROWS_OF_ANY_OTHER: Final = 10
_FEW_VALUES: Final = frozenset({"status", "priority"})


async def expect_large_tables(connection: AsyncConnection) -> None:
    """Tell the planner of this connection, and of all opened from now on. On Postgres nothing is done."""
    if connection.dialect.name == "sqlite":
        await connection.run_sync(_tell)


def _tell(connection: sa.Connection) -> None:
    connection.exec_driver_sql("ANALYZE alembic_version")  # It makes the table of statistics.
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    told = sa.text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:table, :index, :stat)")
    for table in sa.inspect(connection).get_table_names():
        for row in connection.exec_driver_sql(f"PRAGMA index_list('{table}')").all():
            columns = [info[2] for info in connection.exec_driver_sql(f"PRAGMA index_info('{row[1]}')")]
            stat = " ".join(map(str, (_ROWS, *_rows_of(columns, is_unique=bool(row[2])))))
            connection.execute(told, {"table": table, "index": row[1], "stat": stat})
    connection.exec_driver_sql("ANALYZE sqlite_schema")  # Nothing is counted: what is told is read.


def _rows_of(columns: list[str], *, is_unique: bool) -> Iterator[int]:
    """How many rows have the same values in the first column, in the first two, and so on."""
    rows = _ROWS
    for number, column in enumerate(columns, 1):
        if is_unique and number == len(columns):
            rows = 1
        elif column in _FEW_VALUES:
            rows = max(1, rows // 2)
        else:
            rows = min(rows, _ROWS_OF_ONE.get(column, _ROWS_OF_ANY_OTHER))
        yield rows
