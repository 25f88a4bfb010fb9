"""API keys that members make: with an end, a list of collections, a maker, and a former secret after a rotation.

Invitations; tenants that are suspended, or on their way out.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is known of a key, and give the first administrator's key the permissions that are new."""
    op.add_column("api_keys", sa.Column("prefix", sa.String(20), nullable=True))
    op.add_column("api_keys", sa.Column("collection_ids", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("api_keys", sa.Column("user_id", sa.String(40), nullable=True))
    op.add_column("api_keys", sa.Column("created_by", sa.String(40), nullable=True))
    op.add_column("api_keys", sa.Column("is_bootstrap", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in ("expires_at", "last_used_at", "former_until"):
        op.add_column("api_keys", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("api_keys", sa.Column("former_hash", sa.String(64), nullable=True))
    op.create_index("uq_api_keys_former_hash", "api_keys", ["former_hash"], unique=True)
    op.create_index("ix_api_keys_tenant_id_user_id", "api_keys", ["tenant_id", "user_id"])
    op.execute(
        "UPDATE api_keys SET is_bootstrap = true, "
        """permissions = '["admin", "owner", "platform", "read", "write"]' WHERE name = 'bootstrap'"""
    )
    op.add_column("tenants", sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tenants", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("email", sa.String(320), nullable=False, comment="In lower case."),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_by", sa.String(40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_invitations_tenant_id_tenants", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("token_hash", name="uq_invitations_token_hash"),
        sa.UniqueConstraint("tenant_id", "email", name="uq_invitations_tenant_id"),
        comment="Open invitations; one that is accepted or taken back is gone.",
    )
