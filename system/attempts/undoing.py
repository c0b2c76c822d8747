"""A late success is undone: an operation of its own, which the resolver sends, and people hear of it."""

from system.attempts.alerts import alert
from system.clock import shared_us
from system.decisions.policies import UNDO
from system.gateway import GatewayReply
from system.ids import new_id
from system.platform import Platform
from system.states import Evidence
from system.store.attempts import Attempt
from system.store.record import begin_reversal


async def undo(platform: Platform, attempt: Attempt, reply: GatewayReply, evidence: Evidence) -> None:
    """Open the operation that undoes a late success, with an alert in the same transaction; once, however often."""
    call_kind = UNDO.get(attempt.request.kind)
    gateway_ref = reply.gateway_ref or attempt.request.gateway_ref
    if call_kind is None or gateway_ref is None:
        await alert(platform, attempt, "late_success_without_inverse", evidence)
        return
    attempt_id = new_id("att_")
    async with platform.database.connection() as connection:
        async with connection.transaction():
            begun = await begin_reversal(
                connection,
                reverses_attempt_id=attempt.request.attempt_id,
                operation_id=new_id("op_"),
                attempt_id=attempt_id,
                gateway_key=platform.seams.gateway_key(attempt_id, 1),
                call_kind=call_kind,
                gateway_ref=gateway_ref,
                evidence=evidence,
                now_us=shared_us(),
            )
            if begun:
                await alert(platform, attempt, "late_success", f"{evidence}: {call_kind} begun", connection)
        connection.require_certain()
