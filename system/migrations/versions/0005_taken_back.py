"""What a gateway takes back: failed refunds, lapsed holds, disputes."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql" / "taken_back.sql"


def upgrade() -> None:
    op.add_column(
        "payments", sa.Column("disputed_minor", sa.BigInteger(), server_default="0", nullable=False), schema="pay"
    )
    op.create_check_constraint(
        op.f("ck_payments_disputed_within_captured"),
        "payments",
        "disputed_minor BETWEEN 0 AND captured_minor",
        schema="pay",
    )
    op.create_index(
        "ix_gateway_attempts_gateway_ref", "gateway_attempts", ["gateway_ref"], unique=False, schema="pay",
        postgresql_where=sa.text("call_kind IN ('sale', 'authorize', 'capture')"),
    )  # fmt: skip
    op.create_index(
        "ix_payments_held", "payments", ["updated_at_us"], unique=False, schema="pay",
        postgresql_where=sa.text("status = 'authorized'"),
    )  # fmt: skip
    op.execute(sa.text(SQL.read_text().replace(":", "\\:")))


def downgrade() -> None:
    raise NotImplementedError("the books are never taken back to an older form")
