"""The application's time: an offset beside the routing, and the SQL functions that give it."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql" / "clock.sql"


def upgrade() -> None:
    op.add_column(
        "routing", sa.Column("clock_offset_us", sa.BigInteger(), server_default="0", nullable=False), schema="pay"
    )
    op.create_check_constraint(op.f("ck_routing_clock_ahead"), "routing", "clock_offset_us >= 0", schema="pay")
    op.execute(sa.text(SQL.read_text().replace(":", "\\:")))


def downgrade() -> None:
    raise NotImplementedError("the books are never taken back to an older form")
