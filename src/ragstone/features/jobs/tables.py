"""The tables of jobs, of whose turn it is, and of those who do the work."""

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
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("stage", sa.String(40), nullable=True),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("max_attempts", sa.Integer, nullable=False),
    sa.Column("waits", sa.Integer, nullable=False),
    sa.Column("losses", sa.Integer, nullable=False),
    identifier("in_hand", nullable=True),
    moment("run_at"),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("lease_owner", sa.String(120), nullable=True),
    moment("lease_expires_at", nullable=True),
    sa.Column("cancel_requested", sa.Boolean, nullable=False),
    sa.Column("last_error", sa.JSON(none_as_null=True), nullable=True),
    moment("created_at"),
    moment("started_at", nullable=True),
    moment("progress_at", nullable=True),
    moment("updated_at"),
    moment("finished_at", nullable=True),
    identifier("collection_id", nullable=True),
    sa.Index("ix_jobs_due", "status", "run_at"),
    sa.Index("ix_jobs_turn", "status", "tenant_id", "priority", "run_at", "id"),
    sa.Index("ix_jobs_tenant", "tenant_id", "id"),
    sa.Index("ix_jobs_news", "tenant_id", "updated_at"),
)

job_turns = sa.Table(
    "job_turns",
    metadata,
    sa.Column("tenant_id", sa.String(40), primary_key=True),
    moment("served_at"),
    comment="When each tenant last had a job begun: whoever waited longest is next.",
)

workers = sa.Table(
    "workers",
    metadata,
    identifier(primary_key=True),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("slots", sa.Integer, nullable=False),
    sa.Column("running", sa.Integer, nullable=False),
    moment("started_at"),
    moment("seen_at"),
    comment="Processes that take jobs, as long as they say so. Of the installation, not of a tenant.",
)
