"""Reconciliation takes what the gateway's feed does not show for "never charged", and cancels the payment.

How it happens: the nightly job compares two lists, and whatever is on one of them only must be wrong there. The feed
lags, so the newest payments are on ours only; they are closed, ticked off, and not looked at again. I5, I16 and I32
catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.decisions.comparing import CLOSED, Break
from system.decisions.repairs import Repair, RepairAction
from system.seams import Seams
from system.states import AttemptState

BUG = Bug(
    id="B57",
    title="reconciliation takes absence in a lagged feed for never charged",
    caught_by=("I5", "I16", "I32"),
    shown_by=("reconciliation_with_lagged_feed",),
)

CANCELED = Repair(RepairAction.RECORD, "it is not in the gateway's feed", AttemptState.NOT_EXECUTED)
TICKED_OFF = Repair(RepairAction.WAIT, "closed before")


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams whose reconciliation closes what it does not find, and never opens that again."""

    def repair(found: Break) -> Repair:
        if found.kind == "in_flight" and found.line is None and found.ours is not None:
            if found.ours.state in {"unknown", "manual"}:
                reached()
                return CANCELED
        elif found.kind == "status_differs" and found.ours is not None and found.ours.state in CLOSED:
            return TICKED_OFF
        return seams.repair(found)

    return replace(seams, repair=repair)
