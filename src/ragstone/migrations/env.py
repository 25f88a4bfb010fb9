"""Alembic's entry: runs migrations on the connection `ragstone.db.migrate` hands over."""

from alembic import context
from sqlalchemy import Connection

from ragstone.db.metadata import metadata


def run(connection: Connection) -> None:
    """Run the migrations inside the transaction the connection is in."""
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
