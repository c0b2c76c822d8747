"""When this process could not work with its database: the times that a recovery is made of."""

from dataclasses import dataclass, field

from system.clock import now_us


@dataclass(frozen=True, slots=True)
class Reconnect:
    """One outage as this process saw it, in microseconds since the epoch."""

    lost_at_us: int
    back_at_us: int


@dataclass(slots=True)
class Outages:
    """The present outage, if there is one, and those that are over and not yet written down."""

    lost_at_us: int | None = None
    over: list[Reconnect] = field(default_factory=list)

    def begin(self) -> bool:
        """The connection was lost now; False when it had been already."""
        if self.lost_at_us is not None:
            return False
        self.lost_at_us = now_us()
        return True

    def end(self) -> None:
        """The database may be written to again."""
        if self.lost_at_us is not None:
            self.over.append(Reconnect(self.lost_at_us, now_us()))
            self.lost_at_us = None
