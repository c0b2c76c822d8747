"""Subscription billing: plans, subscriptions, their changes, invoices and tries."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql" / "billing.sql"


def upgrade() -> None:
    op.execute(sa.text(SQL.read_text().replace(":", "\\:")))


def downgrade() -> None:
    raise NotImplementedError("the books are never taken back to an older form")
