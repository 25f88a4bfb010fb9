"""Jobs say which collection they work in."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column, filled for jobs that are there from what they are about."""
    op.add_column("jobs", sa.Column("collection_id", sa.String(40), nullable=True))
    op.execute(
        """
        UPDATE jobs SET collection_id = (
            SELECT min(documents.collection_id) FROM versions
            JOIN documents ON documents.id = versions.document_id WHERE versions.job_id = jobs.id
        )
        """
    )
    named = "payload ->> 'collection_id'"
    op.execute(f"UPDATE jobs SET collection_id = {named} WHERE collection_id IS NULL")  # noqa: S608 - A constant.
