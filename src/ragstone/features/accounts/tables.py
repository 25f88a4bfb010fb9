"""Tables of tenants, their API keys and members, of users and their sessions, and of requests that may be repeated."""

import sqlalchemy as sa

from ragstone.db.metadata import identifier, metadata, moment, tenant_column

tenants = sa.Table(
    "tenants",
    metadata,
    identifier(primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    moment("created_at"),
    moment("suspended_at", nullable=True),
    moment("deleted_at", nullable=True),
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
    sa.Column("prefix", sa.String(20), nullable=True),
    sa.Column("collection_ids", sa.JSON(none_as_null=True), nullable=True),
    sa.Column("user_id", sa.String(40), nullable=True),
    sa.Column("created_by", sa.String(40), nullable=True),
    sa.Column("is_bootstrap", sa.Boolean, nullable=False, server_default=sa.false()),
    moment("expires_at", nullable=True),
    moment("last_used_at", nullable=True),
    # The secret before the last rotation, valid until `former_until`.
    sa.Column("former_hash", sa.String(64), nullable=True),
    moment("former_until", nullable=True),
    sa.Index("uq_api_keys_former_hash", "former_hash", unique=True),
    sa.Index("ix_api_keys_tenant_id_user_id", "tenant_id", "user_id"),
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

users = sa.Table(
    "users",
    metadata,
    identifier(primary_key=True),
    sa.Column("email", sa.String(320), nullable=False, unique=True, comment="In lower case."),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=True),
    sa.Column("is_platform_admin", sa.Boolean, nullable=False),
    sa.Column("totp_sealed", sa.LargeBinary, nullable=True),
    sa.Column("totp_step", sa.BigInteger, nullable=True, comment="The step of the code used last; none works twice."),
    moment("totp_confirmed_at", nullable=True),
    moment("created_at"),
    moment("password_changed_at", nullable=True),
    moment("disabled_at", nullable=True),
)

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("tenant_id", sa.ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    sa.Column("role", sa.String(10), nullable=False),
    moment("created_at"),
    sa.PrimaryKeyConstraint("tenant_id", "user_id"),
    sa.Index("ix_memberships_user_id", "user_id"),
)

invitations = sa.Table(
    "invitations",
    metadata,
    identifier(primary_key=True),
    sa.Column("tenant_id", sa.ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    sa.Column("email", sa.String(320), nullable=False, comment="In lower case."),
    sa.Column("role", sa.String(10), nullable=False),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    identifier("created_by"),
    moment("created_at"),
    moment("expires_at"),
    sa.UniqueConstraint("tenant_id", "email"),
    comment="Open invitations; one that is accepted or taken back is gone.",
)

sessions = sa.Table(
    "sessions",
    metadata,
    identifier(primary_key=True),
    tenant_column(),
    identifier("user_id"),
    moment("created_at"),
    moment("last_used_at"),
    moment("expires_at"),
    moment("revoked_at", nullable=True),
    sa.Column("address", sa.String(64), nullable=True),
    sa.Column("user_agent", sa.String(400), nullable=True),
    sa.ForeignKeyConstraint(
        ["tenant_id", "user_id"],
        ["memberships.tenant_id", "memberships.user_id"],
        name="fk_sessions_membership",
        ondelete="CASCADE",
    ),
    sa.Index("ix_sessions_user_id", "user_id", "id"),
    comment="Where a member is signed in. A membership that ends takes its sessions along.",
)

refresh_tokens = sa.Table(
    "refresh_tokens",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("session_id", sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    sa.Column("parent_hash", sa.String(64), nullable=True, comment="The token this one was given for."),
    moment("created_at"),
    moment("used_at", nullable=True),
    sa.Column("is_barred", sa.Boolean, nullable=False, comment="Another one given for the same token was used."),
    sa.Index("ix_refresh_tokens_session_id", "session_id"),
    sa.Index("ix_refresh_tokens_parent_hash", "parent_hash"),
)

one_time_tokens = sa.Table(
    "one_time_tokens",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    sa.Column("purpose", sa.String(20), nullable=False),
    moment("created_at"),
    moment("expires_at", nullable=True),
    sa.Index("ix_one_time_tokens_user_id", "user_id", "purpose"),
    comment="What works once: links that reset a password, recovery codes of a second factor.",
)

signing_keys = sa.Table(
    "signing_keys",
    metadata,
    identifier(primary_key=True),
    sa.Column("public_jwk", sa.JSON, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    moment("created_at"),
    moment("replaced_at", nullable=True),
    moment("expires_at", nullable=True),
    comment="Keys that sign access tokens. A replaced one is believed until it expires.",
)

sign_in_delays = sa.Table(
    "sign_in_delays",
    metadata,
    sa.Column("key", sa.String(80), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    moment("last_at"),
    moment("blocked_until", nullable=True),
    sa.Index("ix_sign_in_delays_last_at", "last_at"),
    comment="How often signing in failed of late, by hashed account and address.",
)
