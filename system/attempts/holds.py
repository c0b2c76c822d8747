"""Holds that nobody captured: when their published validity is over, their gateway is asked what became of them."""

from system.attempts.taking_back import take_back
from system.clock import in_us, shared_us
from system.gateway import What
from system.platform import Platform
from system.states import Evidence
from system.store.attempts import Attempt, find
from system.store.taken_back import TakingBack

AGAIN_S = 3600.0
"""How long after an answer that it still stands a hold is asked about again."""

BATCH = 16

DUE = """
SELECT a.attempt_id FROM pay.payments p JOIN pay.gateway_attempts a
    ON a.payment_id = p.payment_id AND a.call_kind = 'authorize' AND a.state = 'succeeded' AND a.gateway = %(gateway)s
WHERE p.status = 'authorized' AND p.modify_pending IS NULL AND p.updated_at_us <= %(made_until_us)s
    AND a.check_after_us <= %(now_us)s
ORDER BY p.updated_at_us LIMIT %(limit)s
"""

LATER = "UPDATE pay.gateway_attempts SET check_after_us = %s WHERE attempt_id = %s AND state = 'succeeded'"


async def check_holds(platform: Platform) -> int:
    """Ask about every hold that should be gone by now; return how many were. Raises what the database raises."""
    lapsed = 0
    for gateway in platform.gateways.values():
        validity_s = platform.settings.hold_validity_s or gateway.hold_validity_s
        at_us = shared_us()
        query = {"gateway": gateway.name, "made_until_us": at_us - in_us(validity_s), "now_us": at_us, "limit": BATCH}
        async with platform.database.connection() as connection:
            cursor = await connection.execute(DUE, query)
            due = [await find(connection, row[0]) for row in await cursor.fetchall()]
        for attempt in due:
            lapsed += attempt is not None and await _check(platform, attempt, min(AGAIN_S, validity_s))
    return lapsed


async def how_it_went(platform: Platform, attempt_id: str) -> What | None:
    """Ask the gateway how an authorization ended; None where it does not say, or says that it stands."""
    async with platform.database.connection() as connection:
        attempt = await find(connection, attempt_id)
    return None if attempt is None else await _ask(platform, attempt)


async def _check(platform: Platform, attempt: Attempt, again_s: float) -> bool:
    what = await _ask(platform, attempt)
    if what is None:
        async with platform.database.connection() as connection:
            await connection.execute(LATER, (shared_us() + in_us(again_s), attempt.request.attempt_id))
        return False
    return (
        await take_back(platform, attempt, what, attempt.request.amount_minor, Evidence.LOOKUP) is TakingBack.RECORDED
    )


async def _ask(platform: Platform, attempt: Attempt) -> What | None:
    said = await platform.connectors[attempt.gateway].hold(attempt.request)
    return What(said) if said in (What.EXPIRED, What.CANCELED) else None
