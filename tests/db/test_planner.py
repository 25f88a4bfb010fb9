"""SQLite plans for large tables from the first row on."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from ragstone.db.metadata import metadata
from ragstone.entry.http.app import create_app
from ragstone.testing.databases import sqlite_database

create_app()  # By then every slice has told its tables.
BY_ID = sorted(
    table.name
    for table in metadata.sorted_tables
    if "tenant_id" in table.c and [column.name for column in table.primary_key] == ["id"]
)


@pytest.mark.parametrize("table", BY_ID)
async def test_rows_of_a_tenant_are_read_by_their_ids_and_not_by_reading_all_it_has(table: str, tmp_path: Path) -> None:
    ids = ", ".join(f"'{number}'" for number in range(256))
    async with sqlite_database(tmp_path) as db, db.read_across_tenants() as connection:
        plan = await connection.execute(
            sa.text(f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE tenant_id = 't' AND id IN ({ids})")  # noqa: S608
        )
        (step,) = [row.detail for row in plan if "SEARCH" in row.detail or "SCAN" in row.detail]
    assert step.endswith(("(id=?)", " id=?)")), step


def test_tables_were_found() -> None:
    assert {"documents", "versions", "jobs"} <= set(BY_ID)
