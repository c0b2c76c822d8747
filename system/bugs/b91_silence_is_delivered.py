"""A delivery without an answer counts as delivered.

How it happens: fire and forget. "The request was sent, the merchant will have it", and an endpoint that hangs would
hold up the queue. I53 and I24 catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.decisions.schedule import Schedule, Verdict
from system.seams import Seams

BUG = Bug(
    id="B91",
    title="a webhook without an answer counts as delivered",
    caught_by=("I53", "I24"),
    shown_by=("difficult_merchant_endpoint",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams for which silence is consent."""

    def after_try(http_status: int | None, *, tries: int, age_s: float, schedule: Schedule, chance: float) -> Verdict:
        if http_status is None:
            reached()
            return Verdict("delivered")
        return seams.after_try(http_status, tries=tries, age_s=age_s, schedule=schedule, chance=chance)

    return replace(seams, after_try=after_try)
