"""Passwords of encrypted documents."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table for what opens an original, and the labels that a document gives its pages."""
    op.create_table(
        "document_passwords",
        sa.Column("document_id", sa.String(40), sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("source_sha256", sa.String(64), primary_key=True),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        comment="What opens an encrypted original, sealed with a key that is not in the database.",
    )
    op.add_column("versions", sa.Column("page_labels", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("chunks", sa.Column("page_label", sa.String(40), nullable=True))
