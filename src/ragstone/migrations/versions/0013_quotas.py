"""What tenants may use, have used, and are about to use."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tables of quotas, usage and reservations."""
    op.create_table(
        "tenant_quotas",
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("resource", sa.String(20), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "resource", name="pk_tenant_quotas"),
        comment="What a tenant may use where the settings' default does not hold. Null: any amount.",
    )
    op.create_table(
        "quota_usage",
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("resource", sa.String(20), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "resource", "period", name="pk_quota_usage"),
        comment="What a tenant has spent by month, and at most keeps: the period is then empty.",
    )
    op.create_table(
        "quota_reservations",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("resource", sa.String(20), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", "resource", name="pk_quota_reservations"),
        comment="What is about to be spent. After a while it counts no more, as whoever held it is gone.",
    )
    op.create_index("ix_quota_reservations_tenant", "quota_reservations", ["tenant_id", "resource", "period"])
    op.create_index("ix_quota_reservations_expires_at", "quota_reservations", ["expires_at"])
