"""The pause before the next try of a delivery never grows: each is taken for the first one.

How it happens: the count of tries is read before it is written, or belongs to an object that is made anew for each
delivery. Who looks at one retry sees the pause that was promised. I54 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.decisions.schedule import Schedule, Verdict
from system.seams import Seams

BUG = Bug(
    id="B121",
    title="the pause between two tries of a delivery never grows",
    caught_by=("I54",),
    shown_by=("difficult_merchant_endpoint",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams for which every failed try is the first."""

    def after_try(http_status: int | None, *, tries: int, age_s: float, schedule: Schedule, chance: float) -> Verdict:
        verdict = seams.after_try(http_status, tries=1, age_s=age_s, schedule=schedule, chance=chance)
        if verdict.state == "pending" and tries > 1:
            reached()
        return verdict

    return replace(seams, after_try=after_try)
