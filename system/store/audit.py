"""The audit trail: one row for each operator action and each decision about money made by hand or by exception."""

from system.clock import now_us
from system.store.connection import Connection


async def audit(
    connection: Connection,
    *,
    actor: str,
    action: str,
    object: str,
    outcome: str,
    origin: str,
    detail: str | None = None,
    request_id: str | None = None,
) -> None:
    """Append one row: who did what to which object, from where, in which request, and how it ended."""
    await connection.execute(
        "INSERT INTO pay.audit (at_us, actor, action, object, outcome, origin, detail, request_id)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (now_us(), actor, action, object, outcome, origin, detail, request_id),
    )
