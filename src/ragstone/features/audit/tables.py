"""The tables of the audit log. Triggers of the database refuse to change a record, or to remove one that is not old."""

import sqlalchemy as sa

from ragstone.db.metadata import identifier, metadata, moment, tenant_column

audit_records = sa.Table(
    "audit_records",
    metadata,
    tenant_column(),
    sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
    identifier(unique=True),
    moment("at"),
    sa.Column("actor", sa.String(40), nullable=False),
    sa.Column("role", sa.String(60), nullable=False),
    sa.Column("credential_id", sa.String(40), nullable=True),
    sa.Column("action", sa.String(60), nullable=False),
    sa.Column("objects", sa.JSON, nullable=False),
    sa.Column("outcome", sa.String(10), nullable=False),
    sa.Column("address", sa.String(64), nullable=True),
    sa.Column("user_agent", sa.String(256), nullable=True),
    sa.Column("request_id", sa.String(128), nullable=True),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("previous_hash", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.PrimaryKeyConstraint("tenant_id", "seq"),
    sa.Index("ix_audit_records_at", "tenant_id", "at"),
    comment="Who did what. Rows are added at the end and, once old, removed at the beginning; nothing else.",
)

audit_chains = sa.Table(
    "audit_chains",
    metadata,
    sa.Column("tenant_id", sa.String(40), primary_key=True),
    sa.Column("head_seq", sa.BigInteger, nullable=False),
    sa.Column("head_hash", sa.String(64), nullable=False),
    sa.Column("anchor_seq", sa.BigInteger, nullable=False),
    sa.Column("anchor_hash", sa.String(64), nullable=False),
    sa.Column("seal", sa.String(64), nullable=False),
    comment="Where each tenant's audit log begins and ends, under a seal.",
)
