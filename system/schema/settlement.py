"""Settlement: bank holidays, fees, batches and their lines."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from system.schema.base import key, metadata, minor, moment, one_of, text

bank_holidays = Table(
    "bank_holidays",
    metadata,
    text("calendar"),
    Column("day", Date, nullable=False),
    PrimaryKeyConstraint("calendar", "day"),
)

fee_tiers = Table(
    "fee_tiers",
    metadata,
    text("currency"),
    Column("from_minor", BigInteger, nullable=False),
    Column("rate_bp", Integer, nullable=False),
    Column("fixed_minor", BigInteger, nullable=False),
    PrimaryKeyConstraint("currency", "from_minor"),
)

settlement_batches = Table(
    "settlement_batches",
    metadata,
    key("batch_id"),
    text("merchant_id"),
    text("currency"),
    Column("business_date", Date, nullable=False),
    minor("lines"),
    minor("captures_minor"),
    minor("refunds_minor"),
    minor("disputes_minor"),
    minor("adjustments_minor"),
    minor("gross_minor"),
    minor("fees_minor"),
    minor("reserve_minor"),
    minor("released_minor"),
    minor("net_minor"),
    Column("rate_bp", Integer, nullable=False),
    Column("fixed_minor", BigInteger, nullable=False),
    Column("release_on", Date, nullable=False),
    Column("released_by", Text, ForeignKey("pay.settlement_batches.batch_id")),
    moment("cut_at_us"),
    UniqueConstraint("merchant_id", "currency", "business_date", name="uq_settlement_batches_day"),
)

settlement_lines = Table(
    "settlement_lines",
    metadata,
    # No foreign keys: a batch writes its lines from what they would point to, a million at a time.
    Column("posting_id", BigInteger, primary_key=True, autoincrement=False),
    text("batch_id"),
    text("kind"),
    Column("amount_minor", BigInteger, nullable=False),
    Column("fee_minor", BigInteger, nullable=False),
    one_of("kind", "capture", "refund", "dispute", "adjustment"),
    Index("ix_settlement_lines_batch_id", "batch_id"),
)

settlement_clock = Table(
    "settlement_clock",
    metadata,
    Column("clock_id", SmallInteger, primary_key=True, autoincrement=False),
    moment("next_cutoff_us"),
    CheckConstraint("clock_id = 1", name="single_row"),
)
