"""What to do about a break: repair it where that is safe, wait where time will tell, leave the rest to people. Pure."""

from dataclasses import dataclass
from typing import Literal

from system.core.policies import UNDO
from system.gateway import Kind
from system.reconciliation.comparing import CHARGES, CLOSED, IN_DOUBT, Break

Action = Literal["record", "give_back", "take_back", "cancel", "wait", "people"]


@dataclass(frozen=True, slots=True)
class Repair:
    """One decision. `state` is what to record; `reason` is for people, and for the audit."""

    action: Action
    reason: str
    state: str = ""


def decide(found: Break) -> Repair:
    """Return what is safe.

    A success that the gateway's books show is adopted. What we closed as a "no" and the gateway did is given back, as
    is a second charge. Nothing is concluded from absence alone: where nobody sends an attempt any more and the feed
    would show it by now, the gateway is asked to cancel its key, and only that acknowledgement proves anything.
    """
    match found.kind:
        case "missing_here" if found.ours is not None:
            return Repair("record", "the gateway did it; we had not heard", "succeeded")
        case "missing_here":
            return Repair("people", "the gateway's line carries no attempt of ours")
        case "status_differs" if found.failed:
            return _taken_back(found)
        case "status_differs" | "charged_twice":
            return _excess(found)
        case "in_flight":
            return _in_flight(found)
        case "missing_there":
            return Repair("people", "we booked it, and the gateway's feed does not show it")
        case "amount_differs" | "currency_differs":
            return Repair("people", f"{found.kind.replace('_', ' ')} between our books and the gateway's")


def _taken_back(found: Break) -> Repair:
    if found.ours is not None and found.ours.state in IN_DOUBT:
        return Repair("record", "the gateway made the refund and then took it back", "declined")
    if found.taken_back is None:
        return Repair("people", "the gateway took back what we have not booked as done")
    return Repair("take_back", f"the gateway took back what we booked as done: {found.taken_back}")


def _excess(found: Break) -> Repair:
    ours = found.ours
    if ours is None or UNDO.get(ours.kind) is None or (ours.state not in CLOSED and ours.kind not in CHARGES):
        return Repair("people", "it happened at the gateway and has no inverse")
    if ours.reversal is not None and ours.state in CLOSED:
        return Repair("people", f"giving it back did not work: the reversal is {ours.reversal}")
    return Repair("give_back", f"the gateway charged it although our attempt is {ours.state}")


def _in_flight(found: Break) -> Repair:
    ours = found.ours
    if found.line is not None or ours is None or ours.state != "manual":
        return Repair("wait", "whoever sends it will learn its outcome")
    if found.seen:
        return Repair("wait", "the feed may not show it yet")
    if ours.undoes:
        return Repair("people", "the feed does not show that it was undone, and nobody sends it any more")
    return Repair("cancel", "the feed does not show it, and nobody sends it any more")


CALL_OF: dict[Kind, Kind] = UNDO
"""How each kind of charge is given back."""
