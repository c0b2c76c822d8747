"""When each process lost its database, and when it could work with it again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reconnects",
        sa.Column("reconnect_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("lost_at_us", sa.BigInteger(), nullable=False),
        sa.Column("back_at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reconnect_id", name=op.f("pk_reconnects")),
        schema="pay",
    )
    op.execute(
        "CREATE VIEW books.reconnects AS"
        " SELECT process, lost_at_us, back_at_us FROM pay.reconnects ORDER BY reconnect_id"
    )


def downgrade() -> None:
    op.execute("DROP VIEW books.reconnects")
    op.drop_table("reconnects", schema="pay")
