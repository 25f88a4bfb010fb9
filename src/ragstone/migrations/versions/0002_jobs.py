"""Jobs: urgency, turns between tenants, and who is at work."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_URGENT = 4


def upgrade() -> None:
    """Give every job a priority and the counts a worker decides by; keep turns and workers."""
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("priority", sa.SmallInteger(), nullable=False, server_default="2"))
        jobs.add_column(sa.Column("waits", sa.Integer(), nullable=False, server_default="0"))
        jobs.add_column(sa.Column("losses", sa.Integer(), nullable=False, server_default="0"))
        jobs.add_column(sa.Column("in_hand", sa.String(length=40), nullable=True))
        jobs.add_column(sa.Column("progress_at", sa.DateTime(timezone=True), nullable=True))
        jobs.add_column(sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(f"UPDATE jobs SET priority = {_URGENT} WHERE kind = 'documents.purge'")  # noqa: S608 - A constant.
    op.execute("UPDATE jobs SET updated_at = COALESCE(finished_at, started_at, created_at), progress_at = started_at")
    with op.batch_alter_table("jobs") as jobs:
        jobs.alter_column("updated_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        for name in ("priority", "waits", "losses"):
            jobs.alter_column(name, server_default=None)
    op.create_index("ix_jobs_turn", "jobs", ["status", "tenant_id", "priority", "run_at", "id"], unique=False)
    op.create_index("ix_jobs_news", "jobs", ["tenant_id", "updated_at"], unique=False)
    op.create_table(
        "job_turns",
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_job_turns"),
        comment="When each tenant last had a job begun: whoever waited longest is next.",
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
        comment="Processes that take jobs, as long as they say so. Of the installation, not of a tenant.",
    )
