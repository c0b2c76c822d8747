"""Telling people what a machine should not decide alone: a line in the log and a row in the audit."""

from system.platform import Platform
from system.store.attempts import Attempt
from system.store.audit import audit
from system.store.connection import Connection


async def alert(
    platform: Platform, attempt: Attempt, action: str, detail: str, connection: Connection | None = None
) -> None:
    """Tell people about an attempt, in the caller's transaction where there is one."""
    request = attempt.request
    platform.log.error(
        action,
        correlation_id=request.correlation_id,
        attempt_id=request.attempt_id,
        operation_id=request.operation_id,
        payment_id=request.payment_id,
        gateway=attempt.gateway,
        detail=detail,
    )
    if connection is not None:
        await _row(platform, connection, request.attempt_id, action, detail)
        return
    async with platform.database.connection() as own:
        await _row(platform, own, request.attempt_id, action, detail)


async def _row(platform: Platform, connection: Connection, attempt_id: str, action: str, detail: str) -> None:
    await audit(
        connection,
        actor=platform.settings.name,
        action=action,
        object=attempt_id,
        outcome="alert",
        origin=platform.role,
        detail=detail,
    )
