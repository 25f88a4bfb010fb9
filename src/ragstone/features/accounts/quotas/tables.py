"""Tables of what tenants may use, have used, and are about to use."""

import sqlalchemy as sa

from ragstone.db.metadata import identifier, metadata, moment, tenant_column

tenant_quotas = sa.Table(
    "tenant_quotas",
    metadata,
    tenant_column(),
    sa.Column("resource", sa.String(20), nullable=False),
    sa.Column("most", sa.BigInteger, nullable=True),
    sa.PrimaryKeyConstraint("tenant_id", "resource"),
    comment="What a tenant may use where the settings' default does not hold. Null: any amount.",
)

quota_usage = sa.Table(
    "quota_usage",
    metadata,
    tenant_column(),
    sa.Column("resource", sa.String(20), nullable=False),
    sa.Column("period", sa.String(7), nullable=False),
    sa.Column("used", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("tenant_id", "resource", "period"),
    comment="What a tenant has spent by month, and at most keeps: the period is then empty.",
)

quota_reservations = sa.Table(
    "quota_reservations",
    metadata,
    identifier(),
    tenant_column(),
    sa.Column("resource", sa.String(20), nullable=False),
    sa.Column("period", sa.String(7), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    moment("expires_at"),
    sa.PrimaryKeyConstraint("id", "resource"),
    sa.Index("ix_quota_reservations_tenant", "tenant_id", "resource", "period"),
    sa.Index("ix_quota_reservations_expires_at", "expires_at"),
    comment="What is about to be spent. After a while it counts no more, as whoever held it is gone.",
)
