"""What a search sees of a system under one rate: slices of time, each with what became of the arrivals due in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import fmean
from typing import Protocol

SLICE_S = 0.5
"""How long a slice is."""


@dataclass(frozen=True)
class Slice:
    """One slice of a probe: `from_s` is when it began, in seconds after the probe did.

    `seen` has (how many are known, how many of these broke it) for each clause of the SLO. `in_flight` is how many had
    no answer when the slice ended, `waits_ms` how long each of those that came in it had to wait.
    """

    from_s: float
    arrivals: int
    seen: Mapping[str, tuple[int, int]]
    in_flight: int = 0
    waits_ms: Sequence[float] = field(default=(), repr=False)

    @property
    def wait_ms(self) -> float:
        """How long those that came in it had to wait on average."""
        return fmean(self.waits_ms) if self.waits_ms else 0.0


class Prober(Protocol):
    """Somebody who offers a rate to a system and says what becomes of it. Real, or simulated."""

    @property
    def load_s(self) -> float:
        """For how long anything was offered so far, in seconds."""

    def offer(self, rate_per_s: float) -> None:
        """Have arrivals come at this rate from now on, whatever becomes of them: a new probe. 0: none."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""

    def slices(self) -> Sequence[Slice]:
        """Return the slices of the present probe of whose arrivals all is known that must be, oldest first."""

    def in_flight(self) -> int:
        """Return how many have no answer yet, of this probe and those before."""

    def doubts(self) -> Sequence[str]:
        """Return why the present probe means nothing (a late generator, a starved machine), as sentences."""


class Word(StrEnum):
    """What a probe says of its rate: it keeps the SLO, it breaks it, or that is not certain; or the probe counts for
    nothing."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"
    REFUSED = "refused"


@dataclass(frozen=True)
class Probe:
    """One probe that is over. `why` says in words what decided it, `purpose` what it was made for.

    `begun_s` is how much load the search had made before it, in seconds.
    """

    rate_per_s: float
    seconds: float
    word: Word
    why: str
    slices: Sequence[Slice] = field(repr=False)
    purpose: str = "search"
    begun_s: float = 0.0

    def counts(self, clause: str) -> tuple[Sequence[int], Sequence[int]]:
        """Return how many arrivals are known and how many broke this clause, slice by slice."""
        pairs = [item.seen.get(clause, (0, 0)) for item in self.slices]
        return [tried for tried, _ in pairs], [bad for _, bad in pairs]

    def share(self, clause: str) -> float | None:
        """Return the share that broke this clause; None where nothing is known."""
        tried, bad = self.counts(clause)
        return sum(bad) / sum(tried) if sum(tried) else None
