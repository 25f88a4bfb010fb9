"""The table of jobs."""

import sqlalchemy as sa

from ragstone.db.metadata import identifier, metadata, moment, tenant_column

jobs = sa.Table(
    "jobs",
    metadata,
    identifier(primary_key=True),
    tenant_column(),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("stage", sa.String(40), nullable=True),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("max_attempts", sa.Integer, nullable=False),
    moment("run_at"),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("lease_owner", sa.String(120), nullable=True),
    moment("lease_expires_at", nullable=True),
    sa.Column("cancel_requested", sa.Boolean, nullable=False),
    sa.Column("last_error", sa.JSON(none_as_null=True), nullable=True),
    moment("created_at"),
    moment("started_at", nullable=True),
    moment("finished_at", nullable=True),
    sa.Index("ix_jobs_due", "status", "run_at"),
    sa.Index("ix_jobs_tenant", "tenant_id", "id"),
)
