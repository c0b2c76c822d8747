"""Every gateway is believed to take at least 1.00 of a currency with decimals.

How it happens: one gateway's least charge, rounded up "to be safe", becomes the rule for all of them. Small payments
are refused although a gateway takes them. I47 catches it: the published rules allow what was refused.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.money import exponent_of
from system.presentment import Presentment
from system.seams import Seams

BUG = Bug(
    id="B75",
    title="payments that a gateway takes are refused for their amount",
    caught_by=("I47",),
    shown_by=("calm", "odd_amounts"),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which less than a whole unit is taken by nobody."""

    class Timid(Presentment):
        def refusal(self, currency: str, amount_minor: int) -> str:
            if amount_minor >= 10 ** exponent_of(currency):
                return super().refusal(currency, amount_minor)
            reached()
            return "takes whole units"

    timid = {name: Timid(known.terms) for name, known in seams.presentments.items()}
    return replace(seams, presentments=timid)
