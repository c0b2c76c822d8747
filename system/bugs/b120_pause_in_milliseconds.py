"""The pause before a delivery is tried again is a thousandth of what merchants were promised.

How it happens: the schedule counts in seconds, the queue in milliseconds, and nobody multiplied. An endpoint that is
ill gets everything again at once and at once, from everybody, and stays ill. I54 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.decisions.schedule import Schedule, Verdict
from system.seams import Seams

BUG = Bug(
    id="B120",
    title="a delivery that failed is tried again at once",
    caught_by=("I54",),
    shown_by=("difficult_merchant_endpoint",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that count the pause in another unit."""

    def after_try(http_status: int | None, *, tries: int, age_s: float, schedule: Schedule, chance: float) -> Verdict:
        verdict = seams.after_try(http_status, tries=tries, age_s=age_s, schedule=schedule, chance=chance)
        if verdict.state != "pending":
            return verdict
        reached()
        return replace(verdict, wait_s=verdict.wait_s / 1000)

    return replace(seams, after_try=after_try)
