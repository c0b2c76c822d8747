"""A delivery is given up after two tries.

How it happens: the library's default number of retries is taken for the schedule that was promised to merchants. I53
and I24 catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.decisions.schedule import Schedule, Verdict
from system.seams import Seams

BUG = Bug(
    id="B92",
    title="webhooks are given up after two tries",
    caught_by=("I53", "I24"),
    shown_by=("difficult_merchant_endpoint",),
)

TRIES_MAX = 2


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that lose patience."""

    def after_try(http_status: int | None, *, tries: int, age_s: float, schedule: Schedule, chance: float) -> Verdict:
        verdict = seams.after_try(http_status, tries=tries, age_s=age_s, schedule=schedule, chance=chance)
        if verdict.state == "pending" and tries >= TRIES_MAX:
            reached()
            return Verdict("dead")
        return verdict

    return replace(seams, after_try=after_try)
