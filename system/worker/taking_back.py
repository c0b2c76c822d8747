"""Book back what a gateway took back after its yes, and tell people where a machine should not go on alone."""

from system.clock import shared_us
from system.gateway import What
from system.platform import Platform
from system.store.taken_back import TakeBack
from system.worker.attempts import Claimed
from system.worker.recording import alert


async def take_back(platform: Platform, claimed: Claimed, what: What, amount_minor: int, evidence: str) -> str:
    """Record that a success does not stand; return the core's outcome (`undecided`: come again later)."""
    command = TakeBack(claimed.request.attempt_id, what, amount_minor, evidence, shared_us())
    async with platform.database.connection() as connection:
        outcome = await platform.seams.take_back(connection, command)
    platform.log.warning(
        "taken_back",
        correlation_id=claimed.request.correlation_id,
        attempt_id=claimed.request.attempt_id,
        gateway=claimed.gateway,
        what=what,
        evidence=evidence,
        outcome=outcome,
    )
    if outcome == "recorded" and claimed.operation_kind == "reversal":
        await alert(platform, claimed, "reversal_failed", f"{evidence}: the gateway took it back")
    if outcome == "closed" and what is What.DISPUTED:
        await alert(platform, claimed, "dispute_of_a_closed_attempt", evidence)
    return outcome
