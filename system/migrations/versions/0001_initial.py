# ruff: noqa: E501
"""The books: every table, the rules that guard them, the transactions, and the auditors' views."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL_FOLDER = Path(__file__).parent.parent / "sql"
SQL_PARTS = ("triggers", "begin", "record", "shared", "views")


def upgrade() -> None:
    op.create_table(
        "attempt_transitions",
        sa.Column("transition_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("transition_id", name=op.f("pk_attempt_transitions")),
        schema="pay",
    )
    op.create_table(
        "audit",
        sa.Column("audit_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit")),
        schema="pay",
    )
    op.create_table(
        "breaker_transitions",
        sa.Column("transition_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("operation_class", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("transition_id", name=op.f("pk_breaker_transitions")),
        schema="pay",
    )
    op.create_table(
        "breakers",
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("operation_class", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("opened_at_us", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("probe_owner", sa.Text(), server_default="", nullable=False),
        sa.Column("probe_deadline_us", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("operation_class IN ('charge', 'modify')", name=op.f("ck_breakers_operation_class_known")),
        sa.CheckConstraint("state IN ('closed', 'open', 'half_open')", name=op.f("ck_breakers_state_known")),
        sa.PrimaryKeyConstraint("gateway", "operation_class", name=op.f("pk_breakers")),
        schema="pay",
    )
    op.create_table(
        "delivery_attempts",
        sa.Column("delivery_attempt_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("sent_at_us", sa.BigInteger(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("delivery_attempt_id", name=op.f("pk_delivery_attempts")),
        schema="pay",
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("key_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("lease_until_us", sa.BigInteger(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("status_code", sa.SmallInteger(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at_us", sa.BigInteger(), nullable=False),
        sa.Column("completed_at_us", sa.BigInteger(), nullable=True),
        sa.Column("expires_at_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('in_flight', 'completed', 'expired')", name=op.f("ck_idempotency_keys_state_known")
        ),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_idempotency_keys")),
        schema="pay",
    )
    op.create_index(
        "uq_idempotency_keys_identity",
        "idempotency_keys",
        ["scope", "livemode", "idempotency_key"],
        unique=True,
        schema="pay",
    )
    op.create_table(
        "inbound_events",
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("received_at_us", sa.BigInteger(), nullable=False),
        sa.Column("processed_at_us", sa.BigInteger(), nullable=True),
        sa.Column("deliveries", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("gateway", "event_id", name=op.f("pk_inbound_events")),
        schema="pay",
    )
    op.create_table(
        "journals",
        sa.Column("journal_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("created_at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("journal_id", name=op.f("pk_journals")),
        sa.UniqueConstraint("cause", name=op.f("uq_journals_cause")),
        schema="pay",
    )
    op.create_table(
        "merchants",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("api_key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("exponent", sa.SmallInteger(), nullable=False),
        sa.Column("amount_form", sa.Text(), nullable=False),
        sa.Column("webhook_url", sa.Text(), nullable=False),
        sa.Column("created_at_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_form IN ('minor', 'decimal')", name=op.f("ck_merchants_amount_form_known")),
        sa.PrimaryKeyConstraint("merchant_id", name=op.f("pk_merchants")),
        sa.UniqueConstraint("api_key_hash", name=op.f("uq_merchants_api_key_hash")),
        schema="pay",
    )
    op.create_table(
        "outbox",
        sa.Column("outbox_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at_us", sa.BigInteger(), nullable=False),
        sa.Column("published_at_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'published')", name=op.f("ck_outbox_state_known")),
        sa.PrimaryKeyConstraint("outbox_id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("event_id", name=op.f("uq_outbox_event_id")),
        schema="pay",
    )
    op.create_index(
        "ix_outbox_pending",
        "outbox",
        ["outbox_id"],
        unique=False,
        schema="pay",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("uq_outbox_payment_id_sequence", "outbox", ["payment_id", "sequence"], unique=True, schema="pay")
    op.create_table(
        "processes",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("routing_version", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("seen_at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_processes")),
        schema="pay",
    )
    op.create_table(
        "routing",
        sa.Column("routing_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("primary_gateway", sa.Text(), nullable=False),
        sa.Column("fallback_gateway", sa.Text(), nullable=False),
        sa.Column("fallback_enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("primary_gateway <> fallback_gateway", name=op.f("ck_routing_gateways_differ")),
        sa.CheckConstraint("routing_id = 1", name=op.f("ck_routing_single_row")),
        sa.PrimaryKeyConstraint("routing_id", name=op.f("pk_routing")),
        schema="pay",
    )
    op.create_table(
        "status_history",
        sa.Column("history_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=False),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("history_id", name=op.f("pk_status_history")),
        schema="pay",
    )
    op.create_index(
        "uq_status_history_payment_id_version", "status_history", ["payment_id", "version"], unique=True, schema="pay"
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("delivery_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("created_at_us", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at_us", sa.BigInteger(), nullable=True),
        sa.Column("next_attempt_at_us", sa.BigInteger(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'delivered', 'dead')", name=op.f("ck_webhook_deliveries_state_known")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_webhook_deliveries")),
        schema="pay",
    )
    op.create_index(
        "ix_webhook_deliveries_due",
        "webhook_deliveries",
        ["next_attempt_at_us"],
        unique=False,
        schema="pay",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "uq_webhook_deliveries_event_id_endpoint",
        "webhook_deliveries",
        ["event_id", "endpoint"],
        unique=True,
        schema="pay",
    )
    op.create_table(
        "payments",
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("exponent", sa.SmallInteger(), nullable=False),
        sa.Column("capture_mode", sa.Text(), nullable=False),
        sa.Column("payment_method", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("authorized_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("captured_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refund_reserved_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("modify_pending", sa.Text(), nullable=True),
        sa.Column("gateway", sa.Text(), nullable=True),
        sa.Column("gateway_ref", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("created_at_us", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("capture_mode IN ('automatic', 'manual')", name=op.f("ck_payments_capture_mode_known")),
        sa.CheckConstraint("modify_pending IN ('capture', 'void')", name=op.f("ck_payments_modify_pending_known")),
        sa.CheckConstraint(
            "status IN ('created', 'processing', 'requires_action', 'authorized', 'partially_captured', 'captured', 'partially_refunded', 'refunded', 'failed', 'canceled', 'expired')",
            name=op.f("ck_payments_status_known"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payments_amount_positive")),
        sa.CheckConstraint(
            "authorized_minor BETWEEN 0 AND amount_minor", name=op.f("ck_payments_authorized_within_amount")
        ),
        sa.CheckConstraint(
            "captured_minor BETWEEN 0 AND authorized_minor", name=op.f("ck_payments_captured_within_authorized")
        ),
        sa.CheckConstraint(
            "refund_reserved_minor <= captured_minor", name=op.f("ck_payments_reserved_within_captured")
        ),
        sa.CheckConstraint(
            "refunded_minor BETWEEN 0 AND refund_reserved_minor", name=op.f("ck_payments_refunded_within_reserved")
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["pay.merchants.merchant_id"], name=op.f("fk_payments_merchant_id")),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_payments")),
        schema="pay",
    )
    op.create_index(
        "ix_payments_merchant_id_payment_id", "payments", ["merchant_id", "payment_id"], unique=False, schema="pay"
    )
    op.create_index(
        "ix_payments_merchant_id_reference", "payments", ["merchant_id", "reference"], unique=False, schema="pay"
    )
    op.create_table(
        "postings",
        sa.Column("posting_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("journal_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_postings_amount_not_zero")),
        sa.ForeignKeyConstraint(["journal_id"], ["pay.journals.journal_id"], name=op.f("fk_postings_journal_id")),
        sa.PrimaryKeyConstraint("posting_id", name=op.f("pk_postings")),
        schema="pay",
    )
    op.create_index("ix_postings_journal_id", "postings", ["journal_id"], unique=False, schema="pay")
    op.create_table(
        "operations",
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("resolve_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("manual_reason", sa.Text(), nullable=True),
        sa.Column("reverses_attempt_id", sa.Text(), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("created_at_us", sa.BigInteger(), nullable=False),
        sa.Column("decided_at_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('authorize', 'sale', 'capture', 'void', 'refund', 'reversal')",
            name=op.f("ck_operations_kind_known"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'succeeded', 'declined', 'failed', 'unknown', 'manual')",
            name=op.f("ck_operations_state_known"),
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["pay.payments.payment_id"], name=op.f("fk_operations_payment_id")),
        sa.PrimaryKeyConstraint("operation_id", name=op.f("pk_operations")),
        sa.UniqueConstraint("reverses_attempt_id", name=op.f("uq_operations_reverses_attempt_id")),
        schema="pay",
    )
    op.create_index("ix_operations_payment_id", "operations", ["payment_id"], unique=False, schema="pay")
    op.create_index(
        "ix_operations_undecided",
        "operations",
        ["created_at_us"],
        unique=False,
        schema="pay",
        postgresql_where=sa.text("state IN ('open', 'unknown', 'manual')"),
    )
    op.create_table(
        "refunds",
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at_us", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("status IN ('pending', 'succeeded', 'failed')", name=op.f("ck_refunds_status_known")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refunds_amount_positive")),
        sa.ForeignKeyConstraint(["payment_id"], ["pay.payments.payment_id"], name=op.f("fk_refunds_payment_id")),
        sa.PrimaryKeyConstraint("refund_id", name=op.f("pk_refunds")),
        schema="pay",
    )
    op.create_index("ix_refunds_payment_id", "refunds", ["payment_id"], unique=False, schema="pay")
    op.create_table(
        "gateway_attempts",
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("call_kind", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("gateway_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("gateway_ref", sa.Text(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("prepared_at_us", sa.BigInteger(), nullable=False),
        sa.Column("dispatched_at_us", sa.BigInteger(), nullable=True),
        sa.Column("decided_at_us", sa.BigInteger(), nullable=True),
        sa.Column("sends", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("misses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first_miss_at_us", sa.BigInteger(), nullable=True),
        sa.Column("checks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("check_after_us", sa.BigInteger(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until_us", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "call_kind IN ('authorize', 'sale', 'capture', 'void', 'refund')",
            name=op.f("ck_gateway_attempts_call_kind_known"),
        ),
        sa.CheckConstraint(
            "state IN ('prepared', 'dispatched', 'succeeded', 'declined', 'unknown', 'not_executed', 'reversed', 'manual')",
            name=op.f("ck_gateway_attempts_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["operation_id"], ["pay.operations.operation_id"], name=op.f("fk_gateway_attempts_operation_id")
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_gateway_attempts")),
        schema="pay",
    )
    op.create_index(
        "ix_gateway_attempts_operation_id", "gateway_attempts", ["operation_id"], unique=False, schema="pay"
    )
    op.create_index("ix_gateway_attempts_payment_id", "gateway_attempts", ["payment_id"], unique=False, schema="pay")
    op.create_index(
        "ix_gateway_attempts_unresolved",
        "gateway_attempts",
        ["check_after_us"],
        unique=False,
        schema="pay",
        postgresql_where=sa.text("state IN ('prepared', 'dispatched', 'unknown')"),
    )
    op.create_index(
        "uq_gateway_attempts_one_live",
        "gateway_attempts",
        ["operation_id"],
        unique=True,
        schema="pay",
        postgresql_where=sa.text("state IN ('prepared', 'dispatched', 'unknown', 'manual', 'succeeded')"),
    )
    op.create_index(
        "ix_inbound_events_pending",
        "inbound_events",
        ["received_at_us"],
        schema="pay",
        postgresql_where=sa.text("processed_at_us IS NULL"),
    )
    for part in SQL_PARTS:
        op.execute(sa.text((SQL_FOLDER / f"{part}.sql").read_text().replace(":", "\\:")))


def downgrade() -> None:
    op.execute("DROP SCHEMA IF EXISTS books CASCADE")
    op.execute("DROP SCHEMA IF EXISTS pay CASCADE")
