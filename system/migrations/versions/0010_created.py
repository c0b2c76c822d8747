"""T1 of a new charge returns the payment that it has written."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql" / "created.sql"


def upgrade() -> None:
    op.execute(
        "DROP FUNCTION pay.begin_create(text, text, boolean, text, bytea, text, bigint, bigint, bigint, text, text,"
        " text, text, text, text, bigint, text, smallint, text, text, text, text, text)"
    )
    op.execute(sa.text(SQL.read_text().replace(":", "\\:")))


def downgrade() -> None:
    raise NotImplementedError("the books are never taken back to an older form")
