"""Vectors by the text they are of."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BATCH: Final = 1000


def upgrade() -> None:
    """Give vectors a table of their own, and collections a generation to move to and one to move back to."""
    _create_tables()
    for prefix in ("next", "previous"):
        op.add_column("collections", sa.Column(f"{prefix}_model", sa.String(length=200), nullable=True))
        op.add_column("collections", sa.Column(f"{prefix}_generation", sa.String(length=40), nullable=True))
        op.add_column("collections", sa.Column(f"{prefix}_dimensions", sa.Integer(), nullable=True))
    op.add_column("collections", sa.Column("generation_job_id", sa.String(length=40), nullable=True))
    op.add_column("versions", sa.Column("passage_title", sa.Text(), nullable=True))
    op.execute(
        "UPDATE versions SET passage_title = (SELECT title FROM documents WHERE documents.id = versions.document_id) "
        "WHERE published_at IS NOT NULL"
    )
    op.add_column("chunks", sa.Column("passage_sha256", sa.String(length=64), nullable=True))
    _move_vectors(op.get_bind())
    with op.batch_alter_table("chunks") as batch:
        batch.alter_column("passage_sha256", existing_type=sa.String(length=64), nullable=False)
        batch.drop_column("embedding")
    op.create_index("ix_chunks_passage", "chunks", ["tenant_id", "passage_sha256"], unique=False)


def _create_tables() -> None:
    op.create_table(
        "embeddings",
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("generation", sa.String(length=40), nullable=False),
        sa.Column("passage_sha256", sa.String(length=64), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "generation", "passage_sha256", name="pk_embeddings"),
        comment="Vectors by the passage they are of. Null: the model does not know the language of the passage.",
    )
    op.create_table(
        "embedding_usage",
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("generation", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("n_texts", sa.BigInteger(), nullable=False),
        sa.Column("n_cached", sa.BigInteger(), nullable=False),
        sa.Column("n_tokens", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "generation", "day", name="pk_embedding_usage"),
        comment="What embedding has cost each tenant, by day in UTC.",
    )


def _move_vectors(connection: sa.Connection) -> None:
    """The passage of a chunk is its document's title, a line break, and its text; equal ones share one vector."""
    add_vector = sa.text(
        "INSERT INTO embeddings (tenant_id, generation, passage_sha256, vector) "
        "VALUES (:tenant_id, :generation, :passage, :embedding) ON CONFLICT DO NOTHING"
    )
    name_passage = sa.text("UPDATE chunks SET passage_sha256 = :passage WHERE id = :id")
    for rows in _batches(connection):
        named = [
            {**row, "passage": hashlib.sha256(f"{row['title']}\n{row['text']}".encode()).hexdigest()} for row in rows
        ]
        connection.execute(name_passage, [{name: row[name] for name in ("id", "passage")} for row in named])
        columns = ("tenant_id", "generation", "passage", "embedding")
        vectors = [{name: row[name] for name in columns} for row in named if row["dimensions"]]
        if vectors:
            connection.execute(add_vector, vectors)


def _batches(connection: sa.Connection) -> Iterator[Sequence[dict[str, Any]]]:
    statement = sa.text(
        "SELECT chunks.id, chunks.tenant_id, chunks.text, chunks.embedding, documents.title, "
        "collections.generation, collections.dimensions FROM chunks "
        "JOIN documents ON documents.id = chunks.document_id "
        "JOIN collections ON collections.id = documents.collection_id "
        "WHERE chunks.id > :after ORDER BY chunks.id LIMIT :limit"
    )
    after = ""
    while rows := [dict(row) for row in connection.execute(statement, {"after": after, "limit": _BATCH}).mappings()]:
        yield rows
        after = rows[-1]["id"]
