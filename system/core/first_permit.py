"""Leave for an intent's first attempt, or why there is none."""

from system.attempts.routes import first_let
from system.breakers import Permit
from system.core.failures import Held
from system.core.intent import Intent
from system.core.presenting import refusal_of_charge, refusal_of_part
from system.platform import Platform
from system.store.operations import charge_of


async def first_permit(platform: Platform, intent: Intent) -> tuple[Permit | None, Held | None]:
    """Return leave for the first attempt; without it T1 only looks the key up, and then the second says why.

    An empty gateway: the payment's own, while all breakers are closed. Neither: no breaker lets the intent through.
    """
    if intent.held is not None:
        return None, intent.held
    if intent.payment_id is None:
        return await _of_charge(platform, intent.currency, intent.amount_minor or 0)
    return await _of_part(platform, intent.payment_id, intent.merchant_id, intent.amount_minor)


async def _of_charge(platform: Platform, currency: str, amount_minor: int) -> tuple[Permit | None, Held | None]:
    presentments = platform.seams.presentments
    refused = refusal_of_charge(presentments, platform.connectors, currency, amount_minor)
    if refused is not None:
        return None, Held(refused)
    return await first_let(platform, currency, amount_minor), None


async def _of_part(
    platform: Platform, payment_id: str, merchant_id: str, amount_minor: int | None
) -> tuple[Permit | None, Held | None]:
    breakers, own = platform.breakers, Permit("", "modify")
    closed = all(breakers.is_closed(name, "modify") for name in platform.connectors)
    if closed and amount_minor is None:
        return own, None
    async with platform.database.connection() as connection:
        charge = await charge_of(connection, payment_id, merchant_id)
        read_on = connection.generation
    if charge is None:
        return own, None
    if amount_minor is not None:
        refused = refusal_of_part(platform.seams.presentments, *charge, amount_minor)
        if refused is not None:
            return None, Held(refused, read_on)
    return own if closed else await breakers.acquire(charge[0], "modify"), None
