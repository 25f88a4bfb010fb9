"""Requests that are safe to repeat, and duplicates."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what a user said of a document apart from what its content says, and what repeated requests are answered."""
    op.add_column("documents", sa.Column("given_metadata", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("documents", sa.Column("label_revision", sa.Integer(), nullable=False, server_default="0"))
    # What was found and what was given cannot be told apart any more; nothing a user said may be lost.
    op.execute("UPDATE documents SET given_metadata = metadata")
    op.add_column("versions", sa.Column("found_title", sa.Text(), nullable=True))
    op.add_column("versions", sa.Column("found_metadata", sa.JSON(none_as_null=True), nullable=True))
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
