"""Write down what became of an attempt, and tell people when a machine should not decide alone."""

from system.clock import in_us, shared_us
from system.core.answers import declined_message
from system.gateway import GatewayReply
from system.platform import Platform
from system.store.audit import audit
from system.store.connection import Connection
from system.store.record import Record
from system.worker.attempts import Claimed


async def record_reply(platform: Platform, claimed: Claimed, reply: GatewayReply, state: str, evidence: str) -> str:
    """Record a gateway's reply as the attempt's `state`; return the core's outcome."""
    command = command_of(platform, claimed, reply, state, evidence)
    async with platform.database.connection() as connection:
        recorded = await platform.seams.record(connection, command)
    platform.log.info(
        "evidence",
        correlation_id=claimed.request.correlation_id,
        attempt_id=claimed.request.attempt_id,
        gateway=claimed.gateway,
        evidence=evidence,
        state=state,
        outcome=recorded.outcome,
    )
    return recorded.outcome


def command_of(platform: Platform, claimed: Claimed, reply: GatewayReply, state: str, evidence: str) -> Record:
    """Return what to record of a gateway's reply."""
    at_us = shared_us()
    return Record(
        claimed.request.attempt_id,
        state,
        evidence,
        at_us,
        phase=reply.phase,
        http_status=reply.http_status,
        code=reply.code or None,
        message=message_of(state, reply.code),
        gateway_ref=reply.gateway_ref if state in {"succeeded", "requires_action"} else None,
        expires_at_us=shared_us() + in_us(platform.settings.action_within_s),
        check_after_us=shared_us() + in_us(platform.settings.resolve_interval_s),
    )


async def conclude(platform: Platform, claimed: Claimed, state: str, evidence: str) -> str:
    """Record a state that follows from the platform's own knowledge (`undispatched`, `owner_gone`, a limit)."""
    code = None if state in {"unknown", "manual"} else evidence
    command = Record(
        claimed.request.attempt_id, state, evidence, shared_us(), code=code, message=message_of(state, evidence)
    )
    async with platform.database.connection() as connection, connection.transaction():
        recorded = await platform.seams.record(connection, command)
        if state == "manual" and recorded.outcome == "recorded":
            await alert(platform, claimed, "unknown_to_manual_queue", evidence, connection)
    return recorded.outcome


async def alert(
    platform: Platform, claimed: Claimed, action: str, detail: str, connection: Connection | None = None
) -> None:
    """Tell people: an error line in the log and a row in the audit (in the caller's transaction where there is one)."""
    request = claimed.request
    platform.log.error(
        action,
        correlation_id=request.correlation_id,
        attempt_id=request.attempt_id,
        operation_id=request.operation_id,
        payment_id=request.payment_id,
        gateway=claimed.gateway,
        detail=detail,
    )
    if connection is None:
        async with platform.database.connection() as own:
            await _alert_row(platform, own, request.attempt_id, action, detail)
    else:
        await _alert_row(platform, connection, request.attempt_id, action, detail)


async def _alert_row(platform: Platform, connection: Connection, object: str, action: str, detail: str) -> None:
    await audit(
        connection,
        actor=platform.settings.name,
        action=action,
        object=object,
        outcome="alert",
        origin=platform.role,
        detail=detail,
    )


def message_of(state: str, code: str) -> str | None:
    """Return the sentence for people that goes with a state and its code; None where the state says it all."""
    match state:
        case "declined":
            return declined_message(code)
        case "not_executed":
            return f"It was not executed ({code}); no money was moved."
        case "manual":
            return f"Its outcome could not be found out ({code}); people are looking at it."
    return None
