"""Events that say as much of a payment's end as the payment itself does."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql" / "events.sql"


def upgrade() -> None:
    op.execute(sa.text(SQL.read_text().replace(":", "\\:")))


def downgrade() -> None:
    raise NotImplementedError("the books are never taken back to an older form")
