"""The second wall, on Postgres: row-level security on each table of a tenant, for a role that owns nothing.

The tables that have a tenant are found in the catalogue, not listed, so that none is forgotten. The security is forced:
where there is no role to shed the owner's rights for, it holds for the owner too.
"""

from typing import ClassVar, Final

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.admission import EVERY_TENANT_SETTING, TENANT_SETTING
from ragstone.kit.problem import Kind, Problem

APP_ROLE: Final = "ragstone_app"
"""Can not log in and owns nothing. It is made at the first start where the user of the URL may make roles."""

POLICY: Final = "tenant_rows"

# Each setting is read once a statement, not once a row, as it stands in a subquery of its own.
_VISIBLE: Final = (
    f"{{column}} = (SELECT current_setting('{TENANT_SETTING}', true))"
    f" OR (SELECT current_setting('{EVERY_TENANT_SETTING}', true)) = 'on'"
)
_VERSION_TABLE: Final = "alembic_version"
_log = structlog.get_logger(__name__)


class RowSecurityBypassed(Problem):
    """The database user is above row-level security, and there is no role to step down to."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "row_security_bypassed"


async def secure(connection: AsyncConnection, app_role: str, login: str | None) -> str | None:
    """Close the tables, on a connection of their owner; the role that other connections have to assume.

    `login` is the user those log in as, where it is not the owner; it needs no role then, and neither does an owner
    that may not make one: the security holds for it too. Raises `RowSecurityBypassed`.
    """
    for table, column in await list_open_tables(connection):
        await _close_table(connection, table, column)
    role = login or await _find_or_make_role(connection, app_role)
    if role is not None:
        await _grant(connection, role)
    if await _is_above_security(connection, role):
        raise RowSecurityBypassed(role=app_role, user=role or await _me(connection))
    return None if login else role


async def list_open_tables(connection: AsyncConnection) -> list[tuple[str, str]]:
    """Tables of tenants that other tenants could look into, each with the column that says whose a row is."""
    statement = sa.text(
        """
        SELECT t.relname, a.attname FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND NOT a.attisdropped
        WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p')
          AND (a.attname = 'tenant_id' OR (t.relname = 'tenants' AND a.attname = 'id'))
          AND NOT (t.relrowsecurity AND t.relforcerowsecurity
                   AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND p.polname = :policy))
        ORDER BY t.relname
        """
    )
    return [(row.relname, row.attname) for row in await connection.execute(statement, {"policy": POLICY})]


async def _close_table(connection: AsyncConnection, table: str, column: str) -> None:
    quoted, visible = _quoted(connection, table), _VISIBLE.format(column=_quoted(connection, column))
    for statement in (
        f"ALTER TABLE {quoted} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {quoted} FORCE ROW LEVEL SECURITY",
        f"DROP POLICY IF EXISTS {POLICY} ON {quoted}",
        f"CREATE POLICY {POLICY} ON {quoted} USING ({visible}) WITH CHECK ({visible})",
    ):
        await connection.execute(sa.text(statement))


async def _find_or_make_role(connection: AsyncConnection, name: str) -> str | None:
    """The role, if it is there or could be made, and may be assumed."""
    quoted = _quoted(connection, name)
    exists = sa.text("SELECT count(*) FROM pg_roles WHERE rolname = :name")
    may_assume = sa.text("SELECT pg_has_role(current_user, :name, 'MEMBER')")
    if not await connection.scalar(exists, {"name": name}):
        await _try(connection, f"CREATE ROLE {quoted} NOLOGIN NOINHERIT")
    if await connection.scalar(exists, {"name": name}):
        if not await connection.scalar(may_assume, {"name": name}):
            await _try(connection, f"GRANT {quoted} TO CURRENT_USER")
        if await connection.scalar(may_assume, {"name": name}):
            return name
    me = await _me(connection)
    _log.warning(
        "the database user may not assume the role of the application: it works as the owner of the tables, held by"
        " forced row-level security alone; let an administrator run the statements",
        role=name,
        statements=f"CREATE ROLE {quoted} NOLOGIN NOINHERIT; GRANT {quoted} TO {_quoted(connection, me)}",
    )
    return None


async def _try(connection: AsyncConnection, statement: str) -> None:
    """Run what may not be allowed, or what another database of the server may have done at the same moment."""
    try:
        async with connection.begin_nested():
            await connection.execute(sa.text(statement))
    except DBAPIError as error:
        _log.debug("refused by the database", statement=statement, reason=str(error.orig))


async def _grant(connection: AsyncConnection, role: str) -> None:
    """Let the role use the tables, as far as it may not yet."""
    lacking = sa.text(
        """
        SELECT t.relname FROM pg_class t
        WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p')
          AND NOT (has_table_privilege(:role, t.oid, 'SELECT') AND has_table_privilege(:role, t.oid, 'DELETE'))
          AND NOT (t.relname = :version AND has_table_privilege(:role, t.oid, 'SELECT'))
        """
    )
    tables = list(await connection.scalars(lacking, {"role": role, "version": _VERSION_TABLE}))
    if not tables:
        return
    grantee = _quoted(connection, role)
    schema = _quoted(connection, str(await connection.scalar(sa.text("SELECT current_schema()"))))
    await connection.execute(sa.text(f"GRANT USAGE ON SCHEMA {schema} TO {grantee}"))
    await connection.execute(sa.text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {grantee}"))
    for table in tables:
        rights = "SELECT" if table == _VERSION_TABLE else "SELECT, INSERT, UPDATE, DELETE"
        await connection.execute(sa.text(f"GRANT {rights} ON {_quoted(connection, table)} TO {grantee}"))


async def _is_above_security(connection: AsyncConnection, role: str | None) -> bool:
    statement = sa.text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = coalesce(:role, current_user)")
    return bool(await connection.scalar(statement, {"role": role}))


async def _me(connection: AsyncConnection) -> str:
    return str(await connection.scalar(sa.text("SELECT current_user")))


def _quoted(connection: AsyncConnection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
