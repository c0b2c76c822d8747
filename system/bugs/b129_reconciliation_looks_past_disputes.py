"""Reconciliation compares charges and refunds, and looks past disputes: what no event told of is never booked.

How it happens: the job was written before there were disputes, and matches lines by their kind; kinds that it does not
know are left for later. I64 and I16 catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.decisions.comparing import Break, BreakKind
from system.decisions.repairs import Repair, RepairAction
from system.seams import Seams

BUG = Bug(
    id="B129",
    title="reconciliation looks past disputes",
    caught_by=("I64", "I16"),
    shown_by=("disputes_unheard",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that leave disputes for later."""

    def repair(found: Break) -> Repair:
        if found.kind is not BreakKind.DISPUTE_DIFFERS:
            return seams.repair(found)
        reached()
        return Repair(RepairAction.WAIT, "a kind of line that is not matched yet")

    return replace(seams, repair=repair)
