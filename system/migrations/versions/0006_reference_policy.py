"""Whether a merchant's references are unique, and what refuses one that is used again."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql" / "references.sql"


def upgrade() -> None:
    column = sa.Column("reference_policy", sa.Text(), server_default="allowed", nullable=False)
    op.add_column("merchants", column, schema="pay")
    known = "reference_policy IN ('allowed', 'unique')"
    op.create_check_constraint(op.f("ck_merchants_reference_policy_known"), "merchants", known, schema="pay")
    op.create_index("ix_refunds_merchant_id_reference", "refunds", ["merchant_id", "reference"], schema="pay")
    op.execute(sa.text(SQL.read_text().replace(":", "\\:")))


def downgrade() -> None:
    raise NotImplementedError("the books are never taken back to an older form")
