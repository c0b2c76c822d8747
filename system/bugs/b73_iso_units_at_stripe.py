"""Stripe is sent minor units of ISO 4217, whatever units it counts in.

How it happens: the integration was written for two decimals, where both are the same. ISK and UGX are then taken a
hundredth of what they are, MGA a hundred times. I14 catches it: the gateway's ledger, by its own published rules, holds
another amount. Where that is none that the gateway takes (ISK must end in 00), I47 does: it was sent all the same.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.presentment import Presentment
from system.seams import Seams

BUG = Bug(
    id="B73",
    title="ISK, UGX and MGA are sent to stripe in minor units of ISO 4217",
    caught_by=("I14", "I47"),
    shown_by=("calm", "odd_amounts"),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which stripe's units are those of ISO 4217."""

    class Believing(Presentment):
        def sent(self, currency: str, amount_minor: int) -> int:
            if currency in ("ISK", "UGX", "MGA"):
                reached()
            return amount_minor

        def heard(self, currency: str, amount: int) -> int:
            return amount

    stripe = Believing(seams.presentments["stripe"].terms)
    return replace(seams, presentments={**seams.presentments, "stripe": stripe})
