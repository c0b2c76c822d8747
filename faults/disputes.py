"""Shoppers dispute what they paid, some time after it was taken; their banks decide about it a little later."""

from faults._simulators import SimulatorFault
from harness.core.errors import UsageError


def disputes(
    gateway: str = "stripe",
    *,
    share: float = 0.3,
    after_ms: int = 400,
    decided_after_ms: int = 1200,
    won_share: float = 0.5,
    inquiry_share: float = 0.0,
    escalated_share: float = 0.5,
) -> SimulatorFault:
    """Return a gateway at which a seeded `share` of captured charges is disputed `after_ms` later, and decided.

    Of those `inquiry_share` begins as an inquiry, which takes no money; `escalated_share` of them becomes a chargeback
    `decided_after_ms` later, the others are closed. Chargebacks are decided after as long again, `won_share` of them
    for the merchant. A card that disputes by itself is decided as well where it is chosen.
    """
    for name, value in (
        ("won_share", won_share),
        ("inquiry_share", inquiry_share),
        ("escalated_share", escalated_share),
    ):
        if not 0 <= value <= 1:
            raise UsageError(f"{name}: {value} is no share", hint="valid: from 0 to 1")
    if after_ms < 0 or decided_after_ms < 0:
        raise UsageError("after_ms and decided_after_ms must not be negative", hint="0 for decided_after_ms: never")
    parameters: dict[str, float | int | str] = {
        "ms": after_ms,
        "decided_ms": decided_after_ms,
        "won_share": won_share,
        "inquiry_share": inquiry_share,
        "escalated_share": escalated_share,
    }
    return SimulatorFault("disputes", gateway, kind="disputes", share=share, parameters=parameters)
