"""Which gateway a charge may go to next."""

from collections.abc import Iterable, Mapping

from system.breakers import Permit
from system.gateway import CHARGES
from system.platform import Platform
from system.presentment import Presentment, refusals
from system.states import OperationKind
from system.store.attempts import Attempt


def takers(
    presentments: Mapping[str, Presentment], gateways: Iterable[str], currency: str, amount_minor: int
) -> list[str]:
    """Return the gateways, in their order, that take a charge of that much."""
    return [name for name, why in refusals(presentments, gateways, currency, amount_minor).items() if not why]


async def first_let(
    platform: Platform, currency: str, amount_minor: int, tried: frozenset[str] = frozenset()
) -> Permit | None:
    """Return leave at the first gateway, in order, that takes the charge, was not tried, and is let through.

    All are asked: that one's breaker is open says nothing about the next.
    """
    for gateway in takers(platform.seams.presentments, platform.shared.gateways(), currency, amount_minor):
        if gateway not in tried:
            permit = await platform.breakers.acquire(gateway, "charge")
            if permit is not None:
                return permit
    return None


async def elsewhere(platform: Platform, attempt: Attempt) -> Permit | None:
    """Return leave for this attempt's operation at a gateway that it was not tried at; None where there is none."""
    request = attempt.request
    if request.kind not in CHARGES or attempt.operation_kind is OperationKind.REVERSAL:
        return None
    return await first_let(platform, request.currency, request.amount_minor, attempt.tried | {attempt.gateway})
