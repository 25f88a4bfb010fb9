"""The table of collections."""

import sqlalchemy as sa

from ragstone.db.metadata import identifier, metadata, moment, tenant_column

collections = sa.Table(
    "collections",
    metadata,
    identifier(primary_key=True),
    tenant_column(),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("language", sa.String(8), nullable=True),
    sa.Column("chunking", sa.JSON, nullable=False),
    sa.Column("indexed_chunking", sa.JSON(none_as_null=True), nullable=True),
    sa.Column("retrieval", sa.JSON, nullable=False),
    sa.Column("duplicates", sa.String(10), nullable=False),
    sa.Column("record_mapping", sa.JSON(none_as_null=True), nullable=True),
    sa.Column("embedding_model", sa.String(200), nullable=False),
    sa.Column("generation", sa.String(40), nullable=False),
    sa.Column("dimensions", sa.Integer, nullable=False),
    sa.Column("next_model", sa.String(200), nullable=True),
    sa.Column("next_generation", sa.String(40), nullable=True),
    sa.Column("next_dimensions", sa.Integer, nullable=True),
    sa.Column("previous_model", sa.String(200), nullable=True),
    sa.Column("previous_generation", sa.String(40), nullable=True),
    sa.Column("previous_dimensions", sa.Integer, nullable=True),
    sa.Column("generation_job_id", sa.String(40), nullable=True),
    moment("created_at"),
    moment("updated_at"),
    moment("deleted_at", nullable=True),
    sa.Index(
        "uq_collections_tenant_id_name",
        "tenant_id",
        "name",
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    ),
)
