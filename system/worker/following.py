"""Make an attempt's first send from the worker: a charge's next attempt at another gateway, or a reversal."""

from system import crashpoints
from system.breakers.shared import Permit, class_of
from system.clock import in_us, shared_us
from system.core.calls import call
from system.core.presenting import takers
from system.gateway import GatewayReply, Kind
from system.ids import new_id
from system.platform import Platform
from system.store.record import NextAttempt, Record, fall_back
from system.worker.attempts import Claimed, find
from system.worker.recording import alert, record_reply

CHARGES = frozenset({Kind.SALE, Kind.AUTHORIZE})


async def elsewhere(platform: Platform, claimed: Claimed) -> Permit | None:
    """Return a permit of a gateway that takes this charge and was not tried yet; None where there is none."""
    if claimed.request.kind not in CHARGES or claimed.operation_kind == "reversal":
        return None
    async with platform.database.connection() as connection:
        cursor = await connection.execute(
            "SELECT gateway FROM pay.gateway_attempts WHERE operation_id = %s", (claimed.request.operation_id,)
        )
        tried = {row[0] for row in await cursor.fetchall()}
    request = claimed.request
    taking = takers(platform.seams.presentments, platform.shared.gateways(), request.currency, request.amount_minor)
    for gateway in taking:
        if gateway not in tried:
            permit = await platform.breakers.acquire(gateway, class_of(claimed.request.kind))
            if permit is not None:
                return permit
    return None


async def follow(
    platform: Platform, claimed: Claimed, reply: GatewayReply, state: str, evidence: str, permit: Permit
) -> str:
    """Close the attempt and try once at the permitted gateway; whatever that leaves undecided is resolved later."""
    at_us = shared_us()
    attempt_id = new_id("att_")
    command = Record(
        claimed.request.attempt_id,
        state,
        evidence,
        at_us,
        phase=reply.phase,
        http_status=reply.http_status,
        code=reply.code or None,
        check_after_us=shared_us() + in_us(platform.settings.key_lease_s),
    )
    following = NextAttempt(attempt_id, permit.gateway, platform.seams.gateway_key(attempt_id, 1))
    async with platform.database.connection() as connection:
        outcome = await fall_back(connection, command, following)
        fresh = await find(connection, attempt_id) if outcome == "recorded" else None
    if fresh is None:
        await platform.breakers.release(permit)
        return outcome
    crashpoints.reach(crashpoints.FOLLOWED)
    await send_first(platform, fresh, permit)
    return outcome


async def send_first(platform: Platform, claimed: Claimed, permit: Permit) -> None:
    """Dispatch a prepared attempt and record its reply."""
    attempt_id = claimed.request.attempt_id
    owner_until_us = shared_us() + in_us(platform.settings.key_lease_s)
    async with platform.database.connection() as connection:
        mine = await platform.seams.dispatch(connection, attempt_id, shared_us(), owner_until_us)
    if not mine:
        await platform.breakers.release(permit)
        return
    reply = await call(platform, claimed.request, claimed.gateway, resend=False)
    crashpoints.reach(crashpoints.FIRST_SENT)
    await platform.breakers.settle(permit, failed=reply.failure)
    state = platform.seams.attempt_state(reply)
    if claimed.operation_kind == "reversal" and state == "not_executed":
        state = "unknown"  # a reversal that could not be sent must still be carried out: it is sent again, same key
    evidence = "transport" if state in {"unknown", "not_executed"} else "reply"
    await record_reply(platform, claimed, reply, state, evidence)
    if claimed.operation_kind == "reversal" and state == "declined":
        await alert(platform, claimed, "reversal_failed", reply.code)
