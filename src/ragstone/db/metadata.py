"""The one `MetaData` all slices' tables belong to, and the column types they share."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A moment in UTC. SQLite keeps no zone, so it is taken off on the way in and put back on the way out."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database. Raises `ValueError` for a moment without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def identifier(name: str = "id", **options: Any) -> sa.Column[str]:
    """A column for a public identifier."""
    return sa.Column(name, sa.String(40), nullable=options.pop("nullable", False), **options)


def tenant_column() -> sa.Column[str]:
    """The column every tenant's table has. Each store reads through it."""
    return sa.Column("tenant_id", sa.String(40), nullable=False)


def moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    """A column for a moment in UTC."""
    return sa.Column(name, UtcDateTime, nullable=nullable)
