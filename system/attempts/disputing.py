"""Record what a gateway tells of a dispute, and tell people where a machine should not go on alone."""

from system.attempts.alerts import alert
from system.clock import shared_us
from system.gateway import DisputeTold
from system.platform import Platform
from system.states import Evidence
from system.store.attempts import Attempt
from system.store.connection import Connection
from system.store.disputes import Disputed, RecordDispute

ALERTS = {Disputed.CLOSED: "dispute_of_a_closed_attempt", Disputed.EXCESS: "dispute_exceeds_capture"}
"""What people are told of, by what came of recording it."""


async def record_dispute(
    platform: Platform, attempt: Attempt, told: DisputeTold, evidence: Evidence, connection: Connection | None = None
) -> Disputed:
    """Merge it into what is known, in the caller's transaction where there is one; return what came of it."""
    if told.currency != attempt.request.currency:
        await alert(platform, attempt, "dispute_amount_mismatch", f"{told.reference}: {told.currency}", connection)
        return Disputed.EXCESS
    command = RecordDispute(attempt.request.attempt_id, told, evidence, shared_us())
    if connection is not None:
        outcome = await platform.seams.record_dispute(connection, command)
    else:
        async with platform.database.connection() as own:
            outcome = await platform.seams.record_dispute(own, command)
    platform.log.warning(
        "dispute",
        correlation_id=attempt.request.correlation_id,
        attempt_id=attempt.request.attempt_id,
        gateway=attempt.gateway,
        dispute=told.reference,
        state=told.state,
        evidence=evidence,
        outcome=outcome,
    )
    if outcome in ALERTS:
        await alert(platform, attempt, ALERTS[outcome], f"{evidence}: {told.reference}", connection)
    return outcome
