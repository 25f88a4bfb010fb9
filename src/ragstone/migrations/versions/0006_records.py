"""Records: one live document per external id, the hash of what it was made from, and mappings kept by collections.

Where a collection holds several documents under one external id, the newest keeps it; the others stay, without it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_LIVE = sa.text("deleted_at IS NULL")


def upgrade() -> None:
    """Add what record streams need."""
    op.add_column("collections", sa.Column("record_mapping", sa.JSON(), nullable=True))
    op.add_column("documents", sa.Column("record_sha256", sa.String(64), nullable=True))
    op.add_column("versions", sa.Column("language", sa.String(8), nullable=True))
    op.drop_index("ix_documents_external", "documents")
    op.execute(
        "UPDATE documents SET external_id = NULL WHERE external_id IS NOT NULL AND deleted_at IS NULL AND EXISTS ("
        "SELECT 1 FROM documents AS newer WHERE newer.collection_id = documents.collection_id "
        "AND newer.external_id = documents.external_id AND newer.deleted_at IS NULL AND newer.id > documents.id)"
    )
    op.create_index(
        "uq_documents_collection_id_external_id",
        "documents",
        ["collection_id", "external_id"],
        unique=True,
        sqlite_where=_LIVE,
        postgresql_where=_LIVE,
    )
