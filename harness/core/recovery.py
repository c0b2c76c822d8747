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


@dataclass(frozen=True)
class DataLoss:
    """The account of acknowledged payments that are gone.

    `payments` counts them, `money` adds them up by currency, `references` lists the merchants' references. `at_stake`
    counts payments acknowledged before the last promotion; `failovers` those that were truly seen. `known` tells
    whether a zero means anything; where it does not, `reason` says why.
    """

    payments: int
    money: Mapping[str, int] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    at_stake: int = 0
    failovers: int = 0
    known: bool = True
    reason: str = ""
