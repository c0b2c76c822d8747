"""One webhook on its way: the event's bytes and how they are to be sent."""

from dataclasses import dataclass

GENUINE = "genuine"


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
    truth: str = GENUINE
    """genuine, or what is false about it: false_secret, unsigned, altered, stale, future. False ones are sent once."""
    signed: bytes | None = None
    """The bytes that were signed, where they are not those of the body."""
    owed: bool = True
    """The event counts as delivered when this parcel arrived."""
    owed_at_us: int = 0
    """When the event was made."""
    faults: tuple[str, ...] = ()
    """The planted faults that made this parcel what it is, by their kinds."""

    @property
    def forged(self) -> bool:
        """Tell whether the platform must not believe it."""
        return self.truth != GENUINE
