"""A payment that waits for its payer, with its expiry."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql" / "requires_action.sql"
ATTEMPTS = "'prepared', 'dispatched', 'succeeded', 'declined', 'unknown', 'not_executed', 'reversed', 'manual'"
OPERATIONS = "'open', 'succeeded', 'declined', 'failed', 'unknown', 'manual'"
UNDECIDED = "'prepared', 'dispatched', 'unknown', 'requires_action'"


def upgrade() -> None:
    op.add_column("payments", sa.Column("expires_at_us", sa.BigInteger(), nullable=True), schema="pay")
    _allow("gateway_attempts", ATTEMPTS)
    _allow("operations", OPERATIONS)
    op.drop_index("ix_gateway_attempts_unresolved", "gateway_attempts", schema="pay")
    op.create_index(
        "ix_gateway_attempts_unresolved", "gateway_attempts", ["check_after_us"], unique=False, schema="pay",
        postgresql_where=sa.text(f"state IN ({UNDECIDED})"),
    )  # fmt: skip
    op.drop_index("uq_gateway_attempts_one_live", "gateway_attempts", schema="pay")
    op.create_index(
        "uq_gateway_attempts_one_live", "gateway_attempts", ["operation_id"], unique=True, schema="pay",
        postgresql_where=sa.text(f"state IN ({UNDECIDED}, 'manual', 'succeeded')"),
    )  # fmt: skip
    op.execute(
        "DROP FUNCTION pay.record(text, text, text, text, integer, text, text, text, boolean, bigint, bigint, bigint,"
        " text, integer, bytea, integer)"
    )
    op.execute(sa.text(SQL.read_text().replace(":", "\\:")))


def _allow(table: str, states: str) -> None:
    name = op.f(f"ck_{table}_state_known")
    op.drop_constraint(name, table, schema="pay")
    op.create_check_constraint(name, table, f"state IN ({states}, 'requires_action')", schema="pay")


def downgrade() -> None:
    raise NotImplementedError("the books are never taken back to an older form")
