"""Subscriptions: plans, terms, what changed about them, an invoice for each period, and each try to be paid."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, SmallInteger, Table, UniqueConstraint

from system.schema.base import key, metadata, minor, moment, one_of, optional_moment, optional_text, serial, text


def _number(name: str, default: str | None = None) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=default)


def _terms() -> tuple[Column[str] | Column[int], ...]:
    """The columns that a plan gives to its subscriptions."""
    return text("unit"), _number("unit_count")


plans = Table(
    "plans",
    metadata,
    key("plan_id"),
    text("merchant_id"),
    text("reference"),
    minor("amount_minor"),
    text("currency"),
    Column("exponent", SmallInteger, nullable=False),
    *_terms(),
    _number("trial_days"),
    moment("created_at_us"),
    UniqueConstraint("merchant_id", "reference"),
    one_of("unit", "day", "week", "month", "year"),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
    CheckConstraint("unit_count > 0", name="unit_count_positive"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    key("subscription_id"),
    text("merchant_id"),
    text("reference"),
    text("plan_id"),
    text("payment_method"),
    minor("price_minor"),
    text("currency"),
    Column("exponent", SmallInteger, nullable=False),
    text("zone"),
    *_terms(),
    _number("trial_days"),
    moment("started_at_us"),
    moment("anchor_us"),
    _number("next_period", "0"),
    moment("next_start_us"),
    optional_moment("paused_at_us"),
    optional_moment("ends_at_us"),
    optional_text("end_reason"),
    minor("pending_minor"),
    moment("created_at_us"),
    UniqueConstraint("merchant_id", "reference"),
    one_of("unit", "day", "week", "month", "year"),
    Index("ix_subscriptions_due", "next_start_us"),
)
"""Times are the application's. `next_period` is the first one without an invoice; it begins at `next_start_us`."""

subscription_changes = Table(
    "subscription_changes",
    metadata,
    serial("change_id"),
    text("subscription_id"),
    text("kind"),
    moment("at_us"),
    minor("from_minor"),
    minor("to_minor"),
    minor("prorated_minor"),
    one_of("kind", "created", "paused", "resumed", "plan_changed", "method_changed", "canceled", "ended"),
    Index("ix_subscription_changes_subscription_id", "subscription_id"),
)

invoices = Table(
    "invoices",
    metadata,
    key("invoice_id"),
    text("subscription_id"),
    text("merchant_id"),
    _number("period"),
    moment("starts_at_us"),
    moment("ends_at_us"),
    minor("amount_minor"),
    text("currency"),
    Column("exponent", SmallInteger, nullable=False),
    text("state"),
    _number("tries", "0"),
    _number("declines", "0"),
    optional_moment("first_declined_at_us"),
    moment("due_at_us"),
    Column("look_at_us", BigInteger, nullable=False, server_default="0"),
    text("lease_owner", ""),
    optional_text("payment_id"),
    moment("created_at_us"),
    optional_moment("settled_at_us"),
    UniqueConstraint("subscription_id", "period"),
    one_of("state", "open", "paid", "skipped", "uncollectible"),
    Index("ix_invoices_due", "due_at_us", postgresql_where="state = 'open'"),
)
"""`due_at_us` is the application's time; until `look_at_us`, by the shared clock, it is leased or left alone."""

invoice_tries = Table(
    "invoice_tries",
    metadata,
    serial("try_id"),
    text("invoice_id"),
    text("subscription_id"),
    _number("period"),
    _number("number"),
    text("idempotency_key"),
    optional_text("payment_id"),
    text("outcome"),
    text("code"),
    text("biller"),
    moment("at_us"),
    UniqueConstraint("invoice_id", "number"),
    one_of("outcome", "paid", "declined", "not_executed"),
)
"""The tries whose end is known. One that is under way is the next number, and the key is made of that."""
