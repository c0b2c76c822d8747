"""What a failover cost: in time, phase by phase, and in acknowledged payments. Seconds count from the first arrival."""

from collections.abc import Mapping
from dataclasses import dataclass, field

PHASES = ("detect", "decide", "promote", "reconnect", "drain")
"""The server's phases in order: the loss is noticed, a successor is chosen, it takes writes, every pool works again,
and what had piled up is gone."""


@dataclass(frozen=True)
class Phase:
    """One stretch of a recovery. An end that nobody knows is None, and `reason` says why."""

    name: str
    from_s: float | None
    to_s: float | None
    reason: str = ""

    @property
    def seconds(self) -> float | None:
        """Return how long it took; None where an end is not known."""
        return None if self.from_s is None or self.to_s is None else round(self.to_s - self.from_s, 3)


@dataclass(frozen=True)
class Failover:
    """The database's primary was lost, and writes were possible again.

    `fault` is what the harness had done ('' where it had done nothing); `moved` tells whether another node or a new
    timeline took over (else the same server came back). `lost_s` is when the old primary was seen to take no more
    writes (None: it never stopped, and was cut off), `writable_s` when writes were possible again (None: never).
    `came_back` tells that the old primary itself took writes again, with its own disk.
    `phases` are the server's, `service` is the client's: from the first request that was not served to a sustained
    good window.
    """

    fault: str
    old_primary: str
    new_primary: str
    timeline_before: int | None
    timeline_after: int | None
    moved: bool
    began_s: float
    lost_s: float | None
    writable_s: float | None
    phases: tuple[Phase, ...]
    service: Phase

    @property
    def came_back(self) -> bool:
        """Tell whether the old primary itself took writes again: what it had acknowledged, its own disk has saved."""
        return self.new_primary == self.old_primary


@dataclass(frozen=True)
class DataLoss:
    """The account of acknowledged payments that are gone.

    `payments` counts them, `money` adds them up by currency, `references` lists the merchants' references. `at_stake`
    counts payments acknowledged before the last promotion; `failovers` those to another node that were truly seen.
    `came_back` names primaries that were lost and came back with their own disk: a zero then says nothing of copies.
    `known` tells whether a zero means anything; where it does not, `reason` says why.
    """

    payments: int
    money: Mapping[str, int] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    at_stake: int = 0
    failovers: int = 0
    known: bool = True
    reason: str = ""
    came_back: tuple[str, ...] = ()


@dataclass(frozen=True)
class SingleCopy:
    """What was acknowledged while no standby had to have it, on a database that goes on with one copy.

    `nodes` is how many there are (with three, writes wait instead); `seconds` how long the primary was alone.
    `payments` counts payments and refunds, `money` adds them up by currency.
    """

    nodes: int
    seconds: float
    payments: int
    money: Mapping[str, int] = field(default_factory=dict)
