"""The platform believes that every gateway takes every amount of every currency that it knows.

How it happens: nobody keeps the table. What a gateway refuses becomes a failed payment instead of a typed refusal, and
goes to nobody who would have taken it. I47 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.presentment import Presentment
from system.seams import Seams

BUG = Bug(
    id="B74",
    title="what a gateway does not take is sent to it all the same",
    caught_by=("I47",),
    shown_by=("calm", "odd_amounts"),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which no gateway refuses an amount of a currency that it has."""

    class Believing(Presentment):
        def refusal(self, currency: str, amount_minor: int) -> str:
            reached()
            return "" if currency in self.terms else super().refusal(currency, amount_minor)

        def refusal_of_part(self, currency: str, amount_minor: int) -> str:
            return ""

    believed = {name: Believing(known.terms) for name, known in seams.presentments.items()}
    return replace(seams, presentments=believed)
