"""Settlement: business dates, batches with fees and reserves, payouts and their files."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0012"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    for column in (
        sa.Column("zone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("cutoff_s", sa.Integer(), server_default="61200", nullable=False),
        sa.Column("reserve_bp", sa.Integer(), server_default="500", nullable=False),
        sa.Column("reserve_days", sa.Integer(), server_default="7", nullable=False),
    ):
        op.add_column("merchants", column, schema="pay")
    op.add_column("journals", sa.Column("business_date", sa.Date(), nullable=True), schema="pay")
    for part in ("settlement_tables", "settlement"):
        op.execute(sa.text((SQL / f"{part}.sql").read_text().replace(":", "\\:")))


def downgrade() -> None:
    raise NotImplementedError("the books are never taken back to an older form")
