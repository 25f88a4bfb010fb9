"""The audit log, with triggers that let nobody change it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Retention first moves the anchor and then removes what lies before it; so nothing else is ever removed.
_SQLITE = (
    (
        "CREATE TRIGGER audit_records_stay BEFORE UPDATE ON audit_records "
        "BEGIN SELECT RAISE(ABORT, 'an audit record is never changed'); END"
    ),
    (
        "CREATE TRIGGER audit_records_go_last BEFORE DELETE ON audit_records "
        "WHEN OLD.seq > COALESCE((SELECT anchor_seq FROM audit_chains WHERE tenant_id = OLD.tenant_id), 0) "
        "BEGIN SELECT RAISE(ABORT, 'an audit record is removed by retention alone'); END"
    ),
    (
        "CREATE TRIGGER audit_chains_grow BEFORE UPDATE ON audit_chains "
        "WHEN NEW.tenant_id <> OLD.tenant_id OR NEW.head_seq < OLD.head_seq OR NEW.anchor_seq < OLD.anchor_seq "
        "BEGIN SELECT RAISE(ABORT, 'an audit chain only grows'); END"
    ),
    (
        "CREATE TRIGGER audit_chains_stay BEFORE DELETE ON audit_chains "
        "BEGIN SELECT RAISE(ABORT, 'an audit chain is never removed'); END"
    ),
)
_POSTGRES = (
    (
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'the audit log is only added to (%)', TG_ARGV[0]; END $$"
    ),
    (
        "CREATE FUNCTION audit_record_is_old() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF OLD.seq > COALESCE((SELECT anchor_seq FROM audit_chains WHERE tenant_id = OLD.tenant_id), 0) "
        "THEN RAISE EXCEPTION 'an audit record is removed by retention alone'; END IF; RETURN OLD; END $$"
    ),
    (
        "CREATE TRIGGER audit_records_stay BEFORE UPDATE ON audit_records "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse('an audit record is never changed')"
    ),
    (
        "CREATE TRIGGER audit_records_go_last BEFORE DELETE ON audit_records "
        "FOR EACH ROW EXECUTE FUNCTION audit_record_is_old()"
    ),
    (
        "CREATE TRIGGER audit_records_whole BEFORE TRUNCATE ON audit_records "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse('an audit record is removed by retention alone')"
    ),
    (
        "CREATE TRIGGER audit_chains_grow BEFORE UPDATE ON audit_chains FOR EACH ROW "
        "WHEN (NEW.tenant_id <> OLD.tenant_id OR NEW.head_seq < OLD.head_seq OR NEW.anchor_seq < OLD.anchor_seq) "
        "EXECUTE FUNCTION audit_refuse('an audit chain only grows')"
    ),
    (
        "CREATE TRIGGER audit_chains_stay BEFORE DELETE ON audit_chains "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse('an audit chain is never removed')"
    ),
    (
        "CREATE TRIGGER audit_chains_whole BEFORE TRUNCATE ON audit_chains "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse('an audit chain is never removed')"
    ),
)


def upgrade() -> None:
    """Two tables: the records, and where each tenant's chain of them begins and ends."""
    op.create_table(
        "audit_records",
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(40), nullable=False),
        sa.Column("role", sa.String(60), nullable=False),
        sa.Column("credential_id", sa.String(40), nullable=True),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("objects", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("address", sa.String(64), nullable=True),
        sa.Column("user_agent", sa.String(256), nullable=True),
        sa.Column("request_id", sa.String(128), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name="pk_audit_records"),
        sa.UniqueConstraint("id", name="uq_audit_records_id"),
        comment="Who did what. Rows are added at the end and, once old, removed at the beginning; nothing else.",
    )
    op.create_index("ix_audit_records_at", "audit_records", ["tenant_id", "at"])
    op.create_table(
        "audit_chains",
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("head_seq", sa.BigInteger(), nullable=False),
        sa.Column("head_hash", sa.String(64), nullable=False),
        sa.Column("anchor_seq", sa.BigInteger(), nullable=False),
        sa.Column("anchor_hash", sa.String(64), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_audit_chains"),
        comment="Where each tenant's audit log begins and ends, under a seal.",
    )
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRES:
        op.execute(statement)
