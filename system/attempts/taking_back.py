"""Book back what a gateway took back after its yes, and tell people where a machine should not go on alone."""

from system.attempts.alerts import alert
from system.clock import shared_us
from system.gateway import What
from system.platform import Platform
from system.states import Evidence, OperationKind
from system.store.attempts import Attempt
from system.store.taken_back import TakeBack, TakingBack


async def take_back(
    platform: Platform, attempt: Attempt, what: What, amount_minor: int, evidence: Evidence
) -> TakingBack:
    """Record that a success does not stand; return the core's outcome (`undecided`: come again later)."""
    command = TakeBack(attempt.request.attempt_id, what, amount_minor, evidence, shared_us())
    async with platform.database.connection() as connection:
        outcome = await platform.seams.take_back(connection, command)
    platform.log.warning(
        "taken_back",
        correlation_id=attempt.request.correlation_id,
        attempt_id=attempt.request.attempt_id,
        gateway=attempt.gateway,
        what=what,
        evidence=evidence,
        outcome=outcome,
    )
    if outcome is TakingBack.RECORDED and attempt.operation_kind is OperationKind.REVERSAL:
        await alert(platform, attempt, "reversal_failed", f"{evidence}: the gateway took it back")
    return outcome
