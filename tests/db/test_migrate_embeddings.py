"""Revision 0003 moves vectors to a table of their own, and loses none."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.postgres import reachable_postgres

from ragstone.db.database import Database
from ragstone.db.metadata import UtcDateTime
from ragstone.db.migrate import migrate
from ragstone.kit.clock import SystemClock
from ragstone.testing.databases import postgres_database_url

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
MOMENTS = {"created_at": MOMENT, "updated_at": MOMENT}
CHUNKS = {
    # id: document, text, vector
    "c1": ("d1", "The winch is oiled.", b"\x01" * 8),
    "c2": ("d2", "The winch is oiled.", b"\x01" * 8),
    "c3": ("d1", "\u0631\u0627\u0641\u0639\u0629", None),
    "c4": ("d3", "The winch is oiled.", None),
}


@pytest.fixture(params=["sqlite", "postgres"])
async def former(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A store as the revision before left it, with content."""
    if request.param == "sqlite":
        async with Database.sqlite(tmp_path / "x.sqlite") as db:
            await _fill(db)
            yield db
        return
    async with postgres_database_url(await reachable_postgres()) as url, Database(url) as db:
        await _fill(db)
        yield db


async def _fill(db: Database) -> None:
    async with db.migration() as connection:
        await connection.run_sync(_upgrade)
    async with db.transaction_across_tenants() as connection:
        for number, dimensions in ((1, 2), (2, 0)):
            place = {"embedding_model": "m", "generation": f"gen{number}", "dimensions": dimensions}
            settings: dict[str, Any] = {"description": "", "chunking": {}, "retrieval": {}, **MOMENTS}
            await _insert(connection, "collections", id=f"col{number}", name=f"n{number}", **settings, **place)
        for number, collection in ((1, "col1"), (2, "col1"), (3, "col2")):
            document: dict[str, Any] = {"id": f"d{number}", "collection_id": collection, **MOMENTS}
            label: dict[str, Any] = {"title": "Winch", "title_given": True, "tags": [], "metadata": {}}
            state = {"size_bytes": 1, "status": "ready"}
            await _insert(connection, "documents", **document, **label, **state, active_version_id=f"v{number}")
            version: dict[str, Any] = {"id": f"v{number}", "document_id": f"d{number}", "number": 1, "job_id": "j"}
            published = {"source_sha256": "", "created_at": MOMENT, "published_at": MOMENT}
            await _insert(connection, "versions", **version, **state, **published)
        for ordinal, (chunk_id, (owner, text, vector)) in enumerate(CHUNKS.items()):
            chunk: dict[str, Any] = {"id": chunk_id, "version_id": f"v{owner[1]}", "document_id": owner, "text": text}
            span: dict[str, Any] = {"start_byte": 0, "end_byte": 1, "start_char": 0, "end_char": 1, "headings": []}
            await _insert(connection, "chunks", **chunk, **span, ordinal=ordinal, n_tokens=1, embedding=vector)


async def _insert(connection: AsyncConnection, table: str, **values: Any) -> None:
    types: dict[type, Any] = {dict: sa.JSON, list: sa.JSON, datetime: UtcDateTime}
    columns = [sa.column(name, types.get(type(value))) for name, value in values.items()]
    statement = sa.insert(sa.table(table, sa.column("tenant_id"), *columns))
    await connection.execute(statement.values(tenant_id="t", **values))


def _upgrade(connection: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", "ragstone:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "0002")


async def test_vectors_are_found_again_by_what_they_are_of(former: Database, tmp_path: Path) -> None:
    await migrate(former, SystemClock(), tmp_path)
    names = {
        chunk_id: hashlib.sha256(f"Winch\n{text}".encode()).hexdigest() for chunk_id, (_, text, _) in CHUNKS.items()
    }
    async with former.read_across_tenants() as connection:
        stored = {row[0]: row[1] for row in await connection.execute(sa.text("SELECT id, passage_sha256 FROM chunks"))}
        vectors = [tuple(row) for row in await connection.execute(sa.text("SELECT * FROM embeddings"))]
        titles = set(await connection.scalars(sa.text("SELECT passage_title FROM versions")))
    assert stored == names
    assert {row[2]: row for row in vectors} == {
        names["c1"]: ("t", "gen1", names["c1"], b"\x01" * 8),
        names["c3"]: ("t", "gen1", names["c3"], None),
    }
    assert len(vectors) == 2
    assert titles == {"Winch"}
