# ruff: noqa: E501
"""Reconciliation with the gateways' feeds: runs, breaks, and the request that an audit row came from."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql" / "reconciliation.sql"


def upgrade() -> None:
    op.add_column("audit", sa.Column("request_id", sa.Text(), nullable=True), schema="pay")
    op.create_index("ix_audit_object", "audit", ["object"], unique=False, schema="pay")
    op.create_table(
        "reconciliation_runs",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("from_us", sa.BigInteger(), nullable=False),
        sa.Column("to_us", sa.BigInteger(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("feed_lines", sa.Integer(), nullable=False),
        sa.Column("attempts_compared", sa.Integer(), nullable=False),
        sa.Column("breaks_found", sa.Integer(), nullable=False),
        sa.Column("breaks_new", sa.Integer(), nullable=False),
        sa.Column("repairs", sa.Integer(), nullable=False),
        sa.Column("left_to_people", sa.Integer(), nullable=False),
        sa.Column("trusted_until_us", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("started_at_us", sa.BigInteger(), nullable=False),
        sa.Column("finished_at_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('complete', 'failed')", name=op.f("ck_reconciliation_runs_state_known")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_reconciliation_runs")),
        schema="pay",
    )
    op.create_table(
        "reconciliation_breaks",
        sa.Column("break_id", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=True),
        sa.Column("operation_id", sa.Text(), nullable=True),
        sa.Column("payment_id", sa.Text(), nullable=True),
        sa.Column("line_id", sa.Text(), nullable=True),
        sa.Column("ours", sa.Text(), nullable=False),
        sa.Column("theirs", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("their_amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("first_run_id", sa.Text(), nullable=False),
        sa.Column("last_run_id", sa.Text(), nullable=False),
        sa.Column("found_at_us", sa.BigInteger(), nullable=False),
        sa.Column("settled_at_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('missing_here', 'missing_there', 'amount_differs', 'currency_differs', 'status_differs', 'charged_twice', 'in_flight')",
            name=op.f("ck_reconciliation_breaks_kind_known"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'manual', 'repaired', 'resolved')", name=op.f("ck_reconciliation_breaks_state_known")
        ),
        sa.PrimaryKeyConstraint("break_id", name=op.f("pk_reconciliation_breaks")),
        schema="pay",
    )
    op.execute(sa.text(SQL.read_text().replace(":", "\\:")))


def downgrade() -> None:
    raise NotImplementedError("the books are never taken back to an older form")
