"""What the processes share with each other: breakers, routing, who is alive; and the audit trail."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from system.schema.base import key, metadata, moment, one_of, optional_text, serial, text

breakers = Table(
    "breakers",
    metadata,
    text("gateway"),
    text("operation_class"),
    text("state"),
    Column("version", Integer, nullable=False),
    Column("opened_at_us", BigInteger, nullable=False, server_default="0"),
    text("probe_owner", ""),
    Column("probe_deadline_us", BigInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("gateway", "operation_class"),
    one_of("state", "closed", "open", "half_open"),
    one_of("operation_class", "charge", "modify"),
)

breaker_transitions = Table(
    "breaker_transitions",
    metadata,
    serial("transition_id"),
    text("gateway"),
    text("operation_class"),
    text("from_state"),
    text("to_state"),
    Column("version", Integer, nullable=False),
    text("reason"),
    text("process"),
    moment("at_us"),
)

reconnects = Table(
    "reconnects",
    metadata,
    serial("reconnect_id"),
    text("process"),
    moment("lost_at_us"),
    moment("back_at_us"),
)

routing = Table(
    "routing",
    metadata,
    Column("routing_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("gateways", ARRAY(Text), nullable=False),
    Column("fallback_enabled", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    moment("updated_at_us"),
    Column("clock_offset_us", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("routing_id = 1", name="single_row"),
    CheckConstraint("cardinality(gateways) > 0", name="some_gateway"),
    CheckConstraint("clock_offset_us >= 0", name="clock_ahead"),
)

processes = Table(
    "processes",
    metadata,
    key("name"),
    text("role"),
    text("instance"),
    Column("routing_version", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    moment("seen_at_us"),
)

audit = Table(
    "audit",
    metadata,
    serial("audit_id"),
    moment("at_us"),
    text("actor"),
    text("action"),
    text("object"),
    text("outcome"),
    text("origin"),
    optional_text("detail"),
    optional_text("request_id"),
    Index("ix_audit_object", "object"),
)
