"""Refunds are settled, and do not lower what the merchant is paid.

How it happens: gross is the sum of the captures, from the days in which there were no refunds; the lines of refunds
are written and nobody adds them. I30 catches it.
"""

from collections.abc import Callable

from system.bugs.bug import Bug
from system.bugs.settlements import spoilt
from system.seams import Seams

BUG = Bug(
    id="B151",
    title="a batch's gross leaves its refunds out",
    caught_by=("I30",),
    shown_by=("days_are_settled",),
)

GROSS = """
UPDATE pay.settlement_batches SET gross_minor = gross_minor - refunds_minor, net_minor = net_minor - refunds_minor
WHERE cut_at_us = %(cut_at_us)s AND refunds_minor <> 0
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams whose batches pay out what was refunded."""
    return spoilt(seams, reached, GROSS)
