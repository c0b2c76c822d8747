"""What was held back for some days is taken off the list, and not paid.

How it happens: the release marks the old reserves as released and adds them to a column that the net, written before,
does not have. I30 catches it.
"""

from collections.abc import Callable

from system.bugs.bug import Bug
from system.bugs.settlements import spoilt
from system.seams import Seams

BUG = Bug(
    id="B154",
    title="reserves that fall due are not paid out",
    caught_by=("I30",),
    shown_by=("days_are_settled",),
)

RELEASED = """
UPDATE pay.settlement_batches SET net_minor = net_minor - released_minor, released_minor = 0
WHERE cut_at_us = %(cut_at_us)s AND released_minor <> 0
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that release nothing."""
    return spoilt(seams, reached, RELEASED)
