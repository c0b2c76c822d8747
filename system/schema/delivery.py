"""The outbox, the merchants' webhook deliveries, and the gateways' inbound events."""

from sqlalchemy import Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table
from sqlalchemy import text as sql

from system.schema.base import metadata, moment, one_of, optional_moment, optional_text, serial, text

outbox = Table(
    "outbox",
    metadata,
    serial("outbox_id"),
    Column("event_id", text("event_id").type, nullable=False, unique=True),
    text("merchant_id"),
    text("payment_id"),
    text("type"),
    Column("sequence", Integer, nullable=False),
    text("body"),
    text("correlation_id"),
    text("state"),
    moment("created_at_us"),
    optional_moment("published_at_us"),
    one_of("state", "pending", "published"),
    Index("uq_outbox_payment_id_sequence", "payment_id", "sequence", unique=True),
    Index("ix_outbox_pending", "outbox_id", postgresql_where=sql("state = 'pending'")),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    serial("delivery_id"),
    text("event_id"),
    text("merchant_id"),
    text("endpoint"),
    text("payload"),
    text("correlation_id"),
    text("state"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_status", Integer),
    moment("created_at_us"),
    optional_moment("delivered_at_us"),
    moment("next_attempt_at_us"),
    optional_text("lease_owner"),
    one_of("state", "pending", "delivered", "dead"),
    Index("uq_webhook_deliveries_event_id_endpoint", "event_id", "endpoint", unique=True),
    Index("ix_webhook_deliveries_due", "next_attempt_at_us", postgresql_where=sql("state = 'pending'")),
)

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    serial("delivery_attempt_id"),
    text("event_id"),
    text("merchant_id"),
    moment("sent_at_us"),
    Column("http_status", Integer),
    optional_text("error"),
)

inbound_events = Table(
    "inbound_events",
    metadata,
    text("gateway"),
    text("event_id"),
    text("type"),
    Column("body", LargeBinary),
    moment("received_at_us"),
    optional_moment("processed_at_us"),
    Column("deliveries", Integer, nullable=False, server_default="1"),
    PrimaryKeyConstraint("gateway", "event_id"),
    Index("ix_inbound_events_pending", "received_at_us", postgresql_where=sql("processed_at_us IS NULL")),
)
