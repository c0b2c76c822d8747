"""What the reconciliation with the gateways' feeds found, and what it did about it."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table

from system.schema.base import key, metadata, moment, one_of, optional_moment, optional_text, text


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


reconciliation_runs = Table(
    "reconciliation_runs",
    metadata,
    key("run_id"),
    text("gateway"),
    moment("from_us"),
    moment("to_us"),
    Column("dry_run", Boolean, nullable=False),
    text("asked_by"),
    text("state"),
    _count("feed_lines"),
    _count("attempts_compared"),
    _count("breaks_found"),
    _count("breaks_new"),
    _count("repairs"),
    _count("left_to_people"),
    moment("trusted_until_us"),
    optional_text("trouble"),
    moment("started_at_us"),
    moment("finished_at_us"),
    one_of("state", "complete", "failed"),
)

BREAK_KINDS = (
    "missing_here",
    "missing_there",
    "amount_differs",
    "currency_differs",
    "status_differs",
    "charged_twice",
    "in_flight",
    "dispute_differs",
)

reconciliation_breaks = Table(
    "reconciliation_breaks",
    metadata,
    key("break_id"),
    text("gateway"),
    text("kind"),
    text("state"),
    text("action"),
    text("reason"),
    optional_text("attempt_id"),
    optional_text("operation_id"),
    optional_text("payment_id"),
    optional_text("line_id"),
    text("ours"),
    text("theirs"),
    Column("amount_minor", BigInteger),
    Column("their_amount_minor", BigInteger),
    text("currency"),
    text("first_run_id"),
    text("last_run_id"),
    moment("found_at_us"),
    optional_moment("settled_at_us"),
    one_of("kind", *BREAK_KINDS),
    one_of("state", "waiting", "manual", "repaired", "resolved"),
)
