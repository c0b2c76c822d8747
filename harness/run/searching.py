"""The conductor of a search for capacity: probes, then what comes after the limit, on one load."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.capacity.aftermath import Aftermath, look_after
from harness.capacity.probing import Probe, Prober
from harness.capacity.search import Bounds, Found, Search
from harness.capacity.slo import Slo
from harness.core.fault import ScheduledFault
from harness.objectives.starvation import Sampled
from harness.run.conducting import Stage
from harness.run.probing import LiveProber


@dataclass(frozen=True)
class Span:
    """When a rate was offered (microseconds since the epoch)."""

    rate_per_s: float
    from_us: int
    to_us: int


class Searching:
    """Searches on whatever load it is given. What it knows is there at any moment, also where it was interrupted."""

    def __init__(self, slo: Slo, bounds: Bounds, *, aftermath: bool, replicas: Sequence[str] = ()) -> None:
        """With `aftermath` the system's way back from too much is looked at behind the search."""
        self.api_urls: Sequence[str] = tuple(replicas)
        self.injected: Sequence[ScheduledFault] = ()
        self._slo = slo
        self._bounds = bounds
        self._wants_aftermath = aftermath
        self._search: Search | None = None
        self._prober: LiveProber | None = None
        self.samples: Sequence[Sampled] = ()
        self.aftermath: Aftermath | None = None
        self.more: tuple[Probe, ...] = ()
        """The probes of the aftermath."""

    @property
    def found(self) -> Found:
        """What the search knows."""
        return self._search.so_far() if self._search else Found(reasons=["the search had not begun"])

    @property
    def spans(self) -> Sequence[Span]:
        """When each rate was offered, oldest first: one for each probe."""
        return [Span(*item) for item in self._prober.spans] if self._prober else []

    def conduct(self, stage: Stage) -> None:
        """Search; then, where a limit was found, go beyond it and come back."""
        self.samples = stage.samples
        self._prober = LiveProber(stage.raw, self._slo, stage.events, stage.samples, stage.alive)
        self._search = Search(self._prober, self._slo, self._bounds, stage.progress)
        try:
            found = self._search.run()
            if self._wants_aftermath and found.estimate is not None:
                self._look_after(self._prober, found, stage)
        finally:
            self._prober.over()

    def _look_after(self, prober: Prober, found: Found, stage: Stage) -> None:
        if found.estimate is not None:
            limit = found.estimate.limit.estimate
            self.aftermath, self.more = look_after(prober, self._slo, limit, self._bounds.ceiling_per_s, stage.progress)
