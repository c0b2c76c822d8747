"""A redirect counts as delivered.

How it happens: `if response.status < 400` is what many clients call success. The endpoint has moved, and nobody there
has read a word. I53 and I24 catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.decisions.schedule import Schedule, Verdict
from system.seams import Seams

BUG = Bug(
    id="B90",
    title="a webhook that was redirected counts as delivered",
    caught_by=("I53", "I24"),
    shown_by=("difficult_merchant_endpoint",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams for which everything below 400 is a receipt."""

    def after_try(http_status: int | None, *, tries: int, age_s: float, schedule: Schedule, chance: float) -> Verdict:
        if http_status is not None and 300 <= http_status < 400:
            reached()
            return Verdict("delivered")
        return seams.after_try(http_status, tries=tries, age_s=age_s, schedule=schedule, chance=chance)

    return replace(seams, after_try=after_try)
