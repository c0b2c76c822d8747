"""Which transaction wrote a step: with the log's commit records, auditors tell where and when it became durable."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TRANSITIONS = (
    "SELECT attempt_id, operation_id, from_state, to_state, evidence, at_us{more} FROM pay.attempt_transitions"
)
_STATUSES = "SELECT payment_id, version, from_status, to_status, cause, at_us{more} FROM pay.status_history"
_XID = ", xmin::text::bigint AS xid"


def upgrade() -> None:
    _replace(_XID)


def downgrade() -> None:
    op.execute("DROP VIEW books.attempt_transitions, books.status_history")
    _replace("")


def _replace(more: str) -> None:
    """Both tables are append-only, so a row's inserting transaction is the one that made it true."""
    op.execute(
        f"CREATE OR REPLACE VIEW books.attempt_transitions AS {_TRANSITIONS.format(more=more)} ORDER BY transition_id"
    )
    op.execute(f"CREATE OR REPLACE VIEW books.status_history AS {_STATUSES.format(more=more)} ORDER BY history_id")
