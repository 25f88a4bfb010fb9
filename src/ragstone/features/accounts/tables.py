"""Tables of tenants and their API keys."""

import sqlalchemy as sa

from ragstone.db.metadata import identifier, metadata, moment

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
