"""Documents over time: further versions and merged documents."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say of each version why it was made and what came with it; make room for the parts of merged ones."""
    op.add_column("versions", sa.Column("cause", sa.String(length=20), server_default="upload", nullable=False))
    op.add_column("versions", sa.Column("filename", sa.Text(), nullable=True))
    op.add_column("versions", sa.Column("n_parts", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE versions SET filename = "
        "(SELECT documents.filename FROM documents WHERE documents.id = versions.document_id)"
    )
    op.add_column("upload_intents", sa.Column("is_abandoned", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("collections", sa.Column("indexed_chunking", sa.JSON(), nullable=True))
    op.execute("UPDATE collections SET indexed_chunking = chunking")
    op.create_table(
        "version_parts",
        sa.Column("version_id", sa.String(length=40), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("document_id", sa.String(length=40), nullable=False),
        sa.Column("headings", sa.JSON(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=True),
        sa.Column("type", sa.String(length=200), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("blob_key", sa.String(length=200), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["version_id"], ["versions.id"], name="fk_version_parts_version_id_versions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("version_id", "ordinal", name="pk_version_parts"),
        comment="The originals a merged version is read from, in order.",
    )
    op.create_index("ix_version_parts_blob_key", "version_parts", ["blob_key"], unique=False)
    op.create_index("ix_versions_blob_key", "versions", ["blob_key"], unique=False)
