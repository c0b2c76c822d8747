"""Disputes of charges: one row each, its steps, and the chargebacks that operators recorded."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, Text
from sqlalchemy import text as sql

from system.schema.base import key, metadata, minor, moment, one_of, serial, text
from system.states import DisputeState

disputes = Table(
    "disputes",
    metadata,
    key("dispute_id"),
    text("gateway"),
    text("reference"),
    text("attempt_id"),
    Column("payment_id", Text, ForeignKey("pay.payments.payment_id"), nullable=False),
    text("merchant_id"),
    Column("amount_minor", BigInteger, nullable=False),
    text("currency"),
    text("reason"),
    text("state"),
    minor("withdrawn_minor"),
    minor("fee_minor"),
    minor("reinstated_minor"),
    moment("opened_at_us"),
    moment("updated_at_us"),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
    CheckConstraint("reinstated_minor BETWEEN 0 AND withdrawn_minor", name="reinstated_within"),
    one_of("state", *DisputeState),
    Index("uq_disputes_gateway_reference", "gateway", "reference", unique=True),
    Index("ix_disputes_payment_id", "payment_id"),
    Index("ix_disputes_attempt_id", "attempt_id"),
    Index(
        "ix_disputes_open",
        "gateway",
        "updated_at_us",
        postgresql_where=sql("state IN ('inquiry', 'needs_response', 'under_review')"),
    ),
)

dispute_transitions = Table(
    "dispute_transitions",
    metadata,
    serial("transition_id"),
    text("dispute_id"),
    text("from_state"),
    text("to_state"),
    text("evidence"),
    moment("at_us"),
)

chargebacks = Table(
    "chargebacks",
    metadata,
    key("reference"),
    text("dispute_id"),
    text("payment_id"),
    Column("amount_minor", BigInteger, nullable=False),
    text("reason"),
    text("recorded_by"),
    moment("recorded_at_us"),
)
