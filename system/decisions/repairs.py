"""What to do about a break: repair it where that is safe, wait where time will tell, leave the rest to people. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from system.decisions.comparing import CLOSED, IN_DOUBT, Break, BreakKind
from system.decisions.policies import UNDO
from system.gateway import CHARGES, Kind
from system.states import AttemptState


class RepairAction(StrEnum):
    """What is done about a break."""

    RECORD = "record"
    GIVE_BACK = "give_back"
    TAKE_BACK = "take_back"
    CANCEL = "cancel"
    """Ask the gateway to cancel its key."""
    WAIT = "wait"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Repair:
    """One decision. `state` is what to record; `reason` is for people, and for the audit."""

    action: RepairAction
    reason: str
    state: AttemptState | None = None


def decide(found: Break) -> Repair:
    """Return what is safe.

    A success that the gateway's books show is adopted. What we closed as a "no" and the gateway did is given back, as
    is a second charge. Nothing is concluded from absence alone: where nobody sends an attempt any more and the feed
    would show it by now, the gateway is asked to cancel its key, and only that acknowledgement proves anything.
    """
    match found.kind:
        case BreakKind.MISSING_HERE if found.ours is not None:
            return Repair(RepairAction.RECORD, "the gateway did it; we had not heard", AttemptState.SUCCEEDED)
        case BreakKind.MISSING_HERE:
            return Repair(RepairAction.PEOPLE, "the gateway's line carries no attempt of ours")
        case BreakKind.STATUS_DIFFERS if found.failed:
            return _taken_back(found)
        case BreakKind.STATUS_DIFFERS | BreakKind.CHARGED_TWICE:
            return _excess(found)
        case BreakKind.IN_FLIGHT:
            return _in_flight(found)
        case BreakKind.DISPUTE_DIFFERS:
            return Repair(RepairAction.TAKE_BACK, "the gateway says more of a dispute than we had heard")
        case BreakKind.MISSING_THERE:
            return Repair(RepairAction.PEOPLE, "we booked it, and the gateway's feed does not show it")
        case BreakKind.AMOUNT_DIFFERS | BreakKind.CURRENCY_DIFFERS:
            return Repair(RepairAction.PEOPLE, f"{found.kind.replace('_', ' ')} between our books and the gateway's")


def _taken_back(found: Break) -> Repair:
    if found.ours is not None and found.ours.state in IN_DOUBT:
        return Repair(RepairAction.RECORD, "the gateway made the refund and then took it back", AttemptState.DECLINED)
    if found.taken_back is None:
        return Repair(RepairAction.PEOPLE, "the gateway took back what we have not booked as done")
    return Repair(RepairAction.TAKE_BACK, f"the gateway took back what we booked as done: {found.taken_back}")


def _excess(found: Break) -> Repair:
    ours = found.ours
    if ours is None or UNDO.get(ours.kind) is None or (ours.state not in CLOSED and ours.kind not in CHARGES):
        return Repair(RepairAction.PEOPLE, "it happened at the gateway and has no inverse")
    if ours.reversal is not None and ours.state in CLOSED:
        return Repair(RepairAction.PEOPLE, f"giving it back did not work: the reversal is {ours.reversal}")
    return Repair(RepairAction.GIVE_BACK, f"the gateway charged it although our attempt is {ours.state}")


def _in_flight(found: Break) -> Repair:
    ours = found.ours
    if found.line is not None or ours is None or ours.state is not AttemptState.MANUAL:
        return Repair(RepairAction.WAIT, "whoever sends it will learn its outcome")
    if found.seen:
        return Repair(RepairAction.WAIT, "the feed may not show it yet")
    if ours.undoes:
        return Repair(RepairAction.PEOPLE, "the feed does not show that it was undone, and nobody sends it any more")
    return Repair(RepairAction.CANCEL, "the feed does not show it, and nobody sends it any more")


CALL_OF: dict[Kind, Kind] = UNDO
"""How each kind of charge is given back."""
