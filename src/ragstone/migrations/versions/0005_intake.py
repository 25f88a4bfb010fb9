"""Requests that are safe to repeat, and duplicates."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Labels apart from what was found in the content, signatures of texts, answers to requests that are repeated."""
    op.add_column("documents", sa.Column("given_metadata", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("documents", sa.Column("label_revision", sa.Integer(), nullable=False, server_default="0"))
    # What was found and what was given cannot be told apart any more; nothing a user said may be lost.
    op.execute("UPDATE documents SET given_metadata = metadata")
    op.add_column("versions", sa.Column("found_title", sa.Text(), nullable=True))
    op.add_column("versions", sa.Column("found_metadata", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("documents", sa.Column("near_duplicate_of", sa.String(length=40), nullable=True))
    op.create_index("ix_documents_near_duplicate_of", "documents", ["near_duplicate_of"])
    op.add_column("versions", sa.Column("signature", sa.LargeBinary(), nullable=True))
    op.create_table(
        "version_bands",
        sa.Column("version_id", sa.String(length=40), nullable=False),
        sa.Column("band", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["versions.id"], name="fk_version_bands_version_id_versions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("version_id", "band", name="pk_version_bands"),
        comment="Parts of the signatures of texts: texts that have much in common share at least one.",
    )
    op.create_index("ix_version_bands_band", "version_bands", ["tenant_id", "band"])
    op.create_index("ix_versions_source", "versions", ["tenant_id", "source_sha256"])
    op.add_column("collections", sa.Column("duplicates", sa.String(length=10), nullable=False, server_default="allow"))
    op.create_table(
        "answered_requests",
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("idempotency_key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "idempotency_key", name="pk_answered_requests"),
        comment="What was answered to requests with an Idempotency-Key.",
    )
    op.create_index("ix_answered_requests_created_at", "answered_requests", ["created_at"])
