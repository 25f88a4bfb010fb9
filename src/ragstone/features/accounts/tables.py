"""Tables of tenants, their API keys, and the requests they may repeat."""

import sqlalchemy as sa

from ragstone.db.metadata import identifier, metadata, moment, tenant_column

tenants = sa.Table(
    "tenants",
    metadata,
    identifier(primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    moment("created_at"),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    identifier(primary_key=True),
    sa.Column("tenant_id", sa.ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("secret_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("permissions", sa.JSON, nullable=False),
    moment("created_at"),
)

answered_requests = sa.Table(
    "answered_requests",
    metadata,
    tenant_column(),
    sa.Column("idempotency_key", sa.String(255), nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    moment("created_at"),
    sa.PrimaryKeyConstraint("tenant_id", "idempotency_key"),
    sa.Index("ix_answered_requests_created_at", "created_at"),
    comment="What was answered to requests with an Idempotency-Key.",
)
