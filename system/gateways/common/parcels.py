"""One webhook on its way: the event's bytes and how they are to be sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parcel:
    """One sending of one event. Faults turn one parcel into none or several."""

    event_id: str
    type: str
    lane: str
    """Events of one lane (one payment) are sent in order."""
    body: bytes
    epoch: int
    """Counts the books' resets: what was queued before one is not sent after it."""
    delay_s: float = 0.0
    hold_s: float = 0.0
    """Wait for the lane's next event, at most this long."""
    in_order: bool = True
    forged: bool = False
    """Signed with a secret that is not the shared one, and sent once only."""
    owed: bool = True
    """The event counts as delivered when this parcel arrived."""
