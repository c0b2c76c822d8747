"""Write down what became of an attempt. One transaction of the core; nothing here talks to a gateway."""

from collections.abc import Awaitable, Callable

from system.attempts.alerts import alert
from system.attempts.messages import code_of, message_of
from system.clock import in_us, shared_us
from system.gateway import GatewayReply
from system.platform import Platform
from system.states import AttemptState, Evidence, Outcome
from system.store.attempts import Attempt
from system.store.connection import Connection
from system.store.record import Record, Recorded

Also = Callable[[Connection], Awaitable[None]]
"""What else belongs into the transaction that records an outcome. It is rolled back with it where it raises."""


def command_of(
    platform: Platform, attempt: Attempt, reply: GatewayReply, state: AttemptState, evidence: Evidence
) -> Record:
    """Return what to record of a gateway's reply."""
    at_us, settings = shared_us(), platform.settings
    code = code_of(state, reply)
    return Record(
        attempt.request.attempt_id,
        state,
        evidence,
        at_us,
        # A feed tells what happened, and nothing of how a call of ours went.
        phase=None if evidence is Evidence.FEED else reply.phase,
        http_status=reply.http_status,
        code=code or None,
        message=message_of(state, code),
        gateway_ref=reply.gateway_ref,
        expires_at_us=at_us + in_us(settings.action_within_s),
        check_after_us=at_us + in_us(settings.resolve_interval_s),
    )


async def record(platform: Platform, command: Record, also: Also | None = None) -> Recorded:
    """Run T3, with `also` in its transaction once it has recorded. Raises what the database raises."""
    async with platform.database.connection() as connection:
        if also is None:
            return await platform.seams.record(connection, command)
        async with connection.transaction():
            recorded = await platform.seams.record(connection, command)
            if recorded.outcome is Outcome.RECORDED:
                await also(connection)
        connection.require_certain()
    return recorded


async def conclude(platform: Platform, attempt: Attempt, state: AttemptState, evidence: Evidence) -> Outcome:
    """Record a state that follows from the platform's own knowledge (`undispatched`, `owner_gone`, a limit)."""
    code = None if state in (AttemptState.UNKNOWN, AttemptState.MANUAL) else evidence
    command = Record(
        attempt.request.attempt_id, state, evidence, shared_us(), code=code, message=message_of(state, evidence)
    )

    async def tell(connection: Connection) -> None:
        if state is AttemptState.MANUAL:
            await alert(platform, attempt, "unknown_to_manual_queue", evidence, connection)

    return (await record(platform, command, tell)).outcome
