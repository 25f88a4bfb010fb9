"""Events know who made them and from where, and keep the order in which things happened."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_KEPT = "id, tenant_id, topic, payload, created_at, delivered_at"


def upgrade() -> None:
    """Make the outbox anew: its first column is another one, and the rows are numbered by age."""
    op.execute("CREATE TABLE outbox_before AS SELECT * FROM outbox")
    op.drop_table("outbox")
    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(), autoincrement=True),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("topic", sa.String(length=100), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("caller_id", sa.String(length=40), nullable=True),
        sa.Column("permissions", sa.JSON(), nullable=True),
        sa.Column("origin", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_outbox"),
        sa.UniqueConstraint("id", name="uq_outbox_id"),
        comment="What happened first has the lower position, unless it happened at the same time.",
    )
    op.execute(f"INSERT INTO outbox ({_KEPT}) SELECT {_KEPT} FROM outbox_before ORDER BY id")  # noqa: S608 - Constants.
    op.drop_table("outbox_before")
    op.create_index("ix_outbox_undelivered", "outbox", ["delivered_at", "position"])
