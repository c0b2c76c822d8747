"""Routing names any number of gateways in their order, instead of a pair."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql" / "gateways.sql"


def upgrade() -> None:
    op.add_column("routing", sa.Column("gateways", ARRAY(sa.Text()), nullable=True), schema="pay")
    op.execute("UPDATE pay.routing SET gateways = ARRAY[primary_gateway, fallback_gateway]")
    op.alter_column("routing", "gateways", nullable=False, schema="pay")
    op.drop_constraint(op.f("ck_routing_gateways_differ"), "routing", schema="pay")
    op.drop_column("routing", "primary_gateway", schema="pay")
    op.drop_column("routing", "fallback_gateway", schema="pay")
    op.create_check_constraint(op.f("ck_routing_some_gateway"), "routing", "cardinality(gateways) > 0", schema="pay")
    op.execute("DROP FUNCTION pay.seed_shared_state(bigint)")
    op.execute(sa.text(SQL.read_text().replace(":", "\\:")))


def downgrade() -> None:
    raise NotImplementedError("the books are never taken back to an older form")
