"""Applying what was learnt with no client waiting: what it leads to is carried on from here, to the last gateway."""

from system import crashpoints
from system.attempts.applying import Applied, Following, apply, evidence_of
from system.attempts.calls import call
from system.breakers import Permit
from system.clock import in_us, shared_us
from system.gateway import GatewayReply
from system.platform import Platform
from system.states import Evidence, Outcome
from system.store.attempts import Attempt


async def learn(platform: Platform, attempt: Attempt, reply: GatewayReply, evidence: Evidence) -> Outcome:
    """Apply a reply and send what follows from it, and so on; return what came of the reply itself.

    Raises what the database raises; learning the same again is safe. What is left undecided is resolved later.
    """
    applied = await apply(platform, attempt, reply, evidence)
    await _carry_on(platform, applied.following)
    return applied.outcome


async def send_first(platform: Platform, attempt: Attempt, permit: Permit) -> None:
    """Make the first send of a prepared attempt whose client is not waiting here, and carry on from its reply."""
    await _carry_on(platform, Following(attempt, permit))


async def _carry_on(platform: Platform, following: Following | None) -> None:
    """Each step is at a gateway that was not tried yet, so there are no more of them than gateways."""
    while following is not None:
        applied = await _send(platform, following.attempt, following.permit)
        following = applied.following if applied is not None else None


async def _send(platform: Platform, attempt: Attempt, permit: Permit) -> Applied | None:
    owner_until_us = shared_us() + in_us(platform.settings.key_lease_s)
    async with platform.database.connection() as connection:
        mine = await platform.seams.dispatch(connection, attempt.request.attempt_id, shared_us(), owner_until_us)
    if not mine:
        await platform.breakers.release(permit)
        return None
    reply = await call(platform, attempt.request, attempt.gateway, resend=False)
    crashpoints.reach(crashpoints.FIRST_SENT)
    await platform.breakers.settle(permit, failed=reply.failure)
    return await apply(platform, attempt, reply, evidence_of(reply))
