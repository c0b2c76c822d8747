"""Disputes: their rows, their steps, their money, and the chargebacks that operators record."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0021"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql" / "disputes.sql"
STATES = "'inquiry', 'needs_response', 'under_review', 'won', 'lost', 'closed'"
BREAKS = (
    "'missing_here', 'missing_there', 'amount_differs', 'currency_differs', 'status_differs', 'charged_twice',"
    " 'in_flight', 'dispute_differs'"
)


def upgrade() -> None:
    op.add_column("payments", sa.Column("dispute_state", sa.Text(), nullable=True), schema="pay")
    op.create_check_constraint(
        op.f("ck_payments_dispute_state_known"), "payments", f"dispute_state IN ({STATES})", schema="pay"
    )
    _disputes()
    op.create_table(
        "dispute_transitions",
        sa.Column("transition_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dispute_id", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("transition_id", name=op.f("pk_dispute_transitions")),
        schema="pay",
    )
    op.create_table(
        "chargebacks",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("dispute_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_chargebacks")),
        schema="pay",
    )
    name = op.f("ck_reconciliation_breaks_kind_known")
    op.drop_constraint(name, "reconciliation_breaks", schema="pay")
    op.create_check_constraint(name, "reconciliation_breaks", f"kind IN ({BREAKS})", schema="pay")
    op.execute(sa.text(SQL.read_text().replace(":", "\\:")))


def _disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("dispute_id", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("withdrawn_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reinstated_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("opened_at_us", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_disputes_amount_positive")),
        sa.CheckConstraint(
            "reinstated_minor BETWEEN 0 AND withdrawn_minor", name=op.f("ck_disputes_reinstated_within")
        ),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_disputes_state_known")),
        sa.ForeignKeyConstraint(["payment_id"], ["pay.payments.payment_id"], name=op.f("fk_disputes_payment_id")),
        sa.PrimaryKeyConstraint("dispute_id", name=op.f("pk_disputes")),
        schema="pay",
    )
    op.create_index("uq_disputes_gateway_reference", "disputes", ["gateway", "reference"], unique=True, schema="pay")
    op.create_index("ix_disputes_payment_id", "disputes", ["payment_id"], unique=False, schema="pay")
    op.create_index("ix_disputes_attempt_id", "disputes", ["attempt_id"], unique=False, schema="pay")
    op.create_index(
        "ix_disputes_open", "disputes", ["gateway", "updated_at_us"], unique=False, schema="pay",
        postgresql_where=sa.text("state IN ('inquiry', 'needs_response', 'under_review')"),
    )  # fmt: skip


def downgrade() -> None:
    raise NotImplementedError("the books are never taken back to an older form")
