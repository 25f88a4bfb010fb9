"""The second wall on Postgres: what a query without its condition would see, and may write."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs
from tests.postgres import reachable_postgres

from ragstone.db import outbox
from ragstone.db.database import Database
from ragstone.db.migrate import migrate
from ragstone.db.outbox import outbox as events
from ragstone.db.row_security import APP_ROLE, RowSecurityBypassed
from ragstone.kit.clock import SystemClock
from ragstone.kit.ids import new_id
from ragstone.kit.scope import Scope
from ragstone.testing.databases import postgres_database, postgres_database_url

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """An empty database on Postgres."""
    async with postgres_database_url(await reachable_postgres()) as found:
        yield found


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    """A store on Postgres, as a server has it."""
    async with postgres_database(await reachable_postgres(), tmp_path) as found:
        yield found


async def test_a_query_without_its_condition_returns_nothing_of_another_tenant(
    db: Database, scope: Scope, other_scope: Scope
) -> None:
    for one in (scope, other_scope):
        async with db.transaction(one) as connection:
            await outbox.publish(connection, one, "topic", {}, NOW)
    for opened in (db.read, db.transaction):
        async with opened(scope) as connection:
            assert set(await connection.scalars(sa.select(events.c.tenant_id))) == {scope.tenant_id}
    async with db.read_across_tenants() as connection:
        assert len(list(await connection.scalars(sa.select(events.c.id)))) == 2


async def test_a_connection_used_by_many_tenants_at_once_shows_each_its_own(db: Database) -> None:
    scopes = [Scope(new_id("ten"), "tester", frozenset()) for _ in range(20)]

    async def write_and_read(one: Scope) -> set[str]:
        async with db.transaction(one) as connection:
            await outbox.publish(connection, one, "topic", {}, NOW)
        async with db.read(one) as connection:
            return set(await connection.scalars(sa.select(events.c.tenant_id)))

    assert await asyncio.gather(*map(write_and_read, scopes)) == [{one.tenant_id} for one in scopes]


async def test_rows_of_another_tenant_can_be_neither_written_changed_nor_removed(
    db: Database, scope: Scope, other_scope: Scope
) -> None:
    async with db.transaction(other_scope) as connection:
        await outbox.publish(connection, other_scope, "topic", {}, NOW)
    with pytest.raises(DBAPIError, match="row-level security"):
        async with db.transaction(scope) as connection:
            await outbox.publish(connection, other_scope, "topic", {}, NOW)
    async with db.transaction(scope) as connection:
        assert (await connection.execute(sa.update(events).values(topic="taken"))).rowcount == 0
        assert (await connection.execute(sa.delete(events))).rowcount == 0
    with pytest.raises(DBAPIError, match="row-level security"):
        async with db.transaction(scope) as connection:
            await outbox.publish(connection, scope, "topic", {}, NOW)
            await connection.execute(sa.update(events).values(tenant_id=other_scope.tenant_id))


async def test_the_application_works_under_a_role_that_owns_nothing(db: Database, scope: Scope) -> None:
    async with db.read(scope) as connection:
        assert await connection.scalar(sa.text("SELECT current_user")) == APP_ROLE
        owned = sa.text("SELECT count(*) FROM pg_class WHERE relowner = CAST(:role AS regrole)")
        assert await connection.scalar(owned, {"role": APP_ROLE}) == 0
    with pytest.raises(DBAPIError, match="must be owner"):
        async with db.transaction(scope) as connection:
            await connection.execute(sa.text("ALTER TABLE outbox DISABLE ROW LEVEL SECURITY"))


async def test_a_table_that_comes_later_is_closed_at_the_next_start(db: Database, scope: Scope) -> None:
    async with db.migration() as connection:
        await connection.execute(sa.text("CREATE TABLE later (id integer, tenant_id text)"))
        await connection.execute(sa.text("INSERT INTO later VALUES (1, 'ten_other')"))
    await db.secure()
    async with db.read(scope) as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM later")) == 0
    async with db.read_across_tenants() as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM later")) == 1


async def test_an_owner_that_may_make_no_roles_is_held_by_force_and_says_what_to_do(
    url: str, tmp_path: Path, scope: Scope, other_scope: Scope
) -> None:
    async with _user(url, "LOGIN") as (name, its_url):
        missing = new_id("absent")
        with capture_logs() as logs:
            async with Database(its_url, app_role=missing) as db:
                await migrate(db, SystemClock(), tmp_path)
                await _prove_the_wall(db, scope, other_scope)
                async with db.read(scope) as connection:
                    assert await connection.scalar(sa.text("SELECT current_user")) == name
        assert [line["statements"] for line in logs if line.get("role") == missing] == [
            f'CREATE ROLE "{missing}" NOLOGIN NOINHERIT; GRANT "{missing}" TO "{name}"'
        ]


async def test_an_owner_that_may_make_roles_makes_one_and_steps_down_to_it(
    url: str, tmp_path: Path, scope: Scope, other_scope: Scope
) -> None:
    role = new_id("role")
    async with _user(url, "LOGIN CREATEROLE", also=role) as (_, its_url), Database(its_url, app_role=role) as db:
        await migrate(db, SystemClock(), tmp_path)
        await _prove_the_wall(db, scope, other_scope)
        async with db.read(scope) as connection:
            assert await connection.scalar(sa.text("SELECT current_user")) == role


async def test_the_application_may_log_in_as_a_user_of_its_own(
    url: str, tmp_path: Path, scope: Scope, other_scope: Scope
) -> None:
    async with _user(url, "LOGIN") as (name, its_url), Database(its_url, migration_url=url) as db:
        await migrate(db, SystemClock(), tmp_path)
        await _prove_the_wall(db, scope, other_scope)
        async with db.read(scope) as connection:
            assert await connection.scalar(sa.text("SELECT session_user")) == name


async def test_a_user_above_the_security_that_cannot_step_down_is_refused(url: str, tmp_path: Path) -> None:
    async with _user(url, "LOGIN BYPASSRLS") as (_, its_url), Database(its_url, app_role=new_id("absent")) as db:
        with pytest.raises(RowSecurityBypassed):
            await migrate(db, SystemClock(), tmp_path)


async def test_connections_that_have_died_are_made_anew(db: Database, scope: Scope) -> None:
    async with db.read(scope) as connection:
        pid = await connection.scalar(sa.text("SELECT pg_backend_pid()"))
    async with db.migration() as connection:
        await connection.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    async with db.read(scope) as connection:
        assert await connection.scalar(sa.text("SELECT current_setting('ragstone.tenant_id')")) == scope.tenant_id


async def _prove_the_wall(db: Database, scope: Scope, other_scope: Scope) -> None:
    async with db.transaction(other_scope) as connection:
        await outbox.publish(connection, other_scope, "topic", {}, NOW)
    async with db.read(scope) as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(events)) == 0
    with pytest.raises(DBAPIError, match="row-level security"):
        async with db.transaction(scope) as connection:
            await outbox.publish(connection, other_scope, "topic", {}, NOW)


class _user:  # noqa: N801 - Used like a function.
    """A user of the server with some attributes, who may make tables in a database; gone at the end, and `also`."""

    def __init__(self, url: str, attributes: str, also: str | None = None) -> None:
        self._url = sa.make_url(url)
        self._attributes = attributes
        self._names = [new_id("user"), *([also] if also else [])]
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> tuple[str, str]:
        name = self._names[0]
        self._server = await self._stack.enter_async_context(Database(self._url.render_as_string(hide_password=False)))
        await self._run(f"CREATE ROLE \"{name}\" {self._attributes} PASSWORD 'secret'")
        await self._run(f'GRANT CREATE, USAGE ON SCHEMA public TO "{name}"')
        return name, self._url.set(username=name, password="secret").render_as_string(hide_password=False)

    async def __aexit__(self, *_: object) -> None:
        for name in reversed(self._names):
            for statement in (f'DROP OWNED BY "{name}"', f'DROP ROLE "{name}"'):
                await self._run(statement)
        await self._stack.aclose()

    async def _run(self, statement: str) -> None:
        async with self._server.read_across_tenants() as connection:
            await connection.execute(sa.text(statement))
