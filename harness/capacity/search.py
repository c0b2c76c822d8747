"""The search for the limit: which rate is tried next, and for how long. All control flow of a search is in this file.

Up by doubling, a few seconds each, until a rate is certainly bad; then always at the most likely limit (`limit`), which
is asked at least to cut a wide bracket well, with probes that end as soon as they are decided; and at full length in
the last bracket, until the interval is narrow enough. What a probe refused to say is never counted.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.capacity.deciding import counted, decide, drift
from harness.capacity.limit import Estimate, estimate
from harness.capacity.probing import Probe, Prober, Word
from harness.capacity.slo import Slo

LOOK_S = 1.0
LEAST_S = 4.0
QUICK_S, MIDDLE_S, FULL_S = 5.0, 12.0, 25.0
"""How long a probe lasts at most: on the way up, in a bracket, and in the last bracket."""
LAST_BRACKET = 1.25
"""A bracket whose ends differ by this factor or less is the last one."""
SHARE_CUT = 0.35
"""A probe in a wide bracket takes at least this share off it, on the logarithmic scale."""
FULL_PROBES = 3
TRIES = 2
"""How often a rate is tried whose probe was refused."""
DRAIN_S = 15.0
DRAINED = 4


@dataclass(frozen=True)
class Bounds:
    """Where a search begins, and what it may offer (arrivals/s); how much load it may make, in seconds.

    `patience_s` is how long after it was due all is known of an arrival: a probe lasts so much longer.
    `width` is how wide the interval of its answer shall be at most, as a share of it.
    """

    start_per_s: float = 10.0
    ceiling_per_s: float = math.inf
    floor_per_s: float = 1.0
    budget_s: float = 240.0
    width: float = 0.1
    patience_s: float = 0.0


@dataclass
class Found:
    """What a search came to. `lo` is the highest rate that is not known to be bad, `hi` the lowest that is."""

    estimate: Estimate | None = None
    lo_per_s: float = 0.0
    hi_per_s: float = math.inf
    probes: list[Probe] = field(default_factory=list)
    load_s: float = 0.0
    reasons: list[str] = field(default_factory=list)
    """Why the answer is not what it should be: none where it is."""


class Search:
    """Looks for the highest rate at which an SLO is kept."""

    def __init__(
        self, prober: Prober, slo: Slo, bounds: Bounds, progress: Callable[[str], None] = lambda _: None
    ) -> None:
        self._prober = prober
        self._slo = slo
        self._bounds = bounds
        self._progress = progress
        self._over = False
        self._refused: list[str] = []
        self.found = Found()
        """What is known so far, at any moment: also where the search is interrupted."""

    def run(self) -> Found:
        """Search, and return what was found."""
        self._climb()
        self._refine()
        self._prober.offer(0.0)
        self._conclude()
        return self.found

    @property
    def _left_s(self) -> float:
        return self._bounds.budget_s - self._prober.load_s

    @property
    def _bracketed(self) -> bool:
        return self.found.lo_per_s > 0 and math.isfinite(self.found.hi_per_s)

    @property
    def _ratio(self) -> float:
        return self.found.hi_per_s / self.found.lo_per_s

    def _climb(self) -> None:
        """Double the rate until it is certainly bad, or halve it until it is not."""
        found, bounds = self.found, self._bounds
        rate = min(bounds.start_per_s, bounds.ceiling_per_s)
        while self._left_s > LEAST_S and not self._bracketed:
            self._try(rate, FULL_S if rate >= bounds.ceiling_per_s else QUICK_S)
            if math.isinf(found.hi_per_s):
                if rate >= bounds.ceiling_per_s:
                    return
                rate = min(rate * 2, bounds.ceiling_per_s)
            elif rate > bounds.floor_per_s:
                rate = max(rate / 2, bounds.floor_per_s)
            else:
                return

    def _refine(self) -> None:
        """Go on at the most likely limit until its interval is narrow, above and below it in turn."""
        while self._bracketed and self._left_s > LEAST_S:
            best = estimate(self.found.probes, self._slo, self.found.lo_per_s, self.found.hi_per_s)
            if best is None:
                self._try(math.sqrt(self.found.lo_per_s * self.found.hi_per_s), MIDDLE_S)
                continue
            last = self._ratio <= LAST_BRACKET
            full = sum(item.seconds >= MIDDLE_S for item in self._near())
            if last and best.limit.relative_width <= self._bounds.width and full >= FULL_PROBES:
                return
            self._try(self._inside(best.limit.estimate), FULL_S if last else MIDDLE_S)

    def _inside(self, rate: float) -> float:
        """Return the rate, or the nearest one that at least takes `SHARE_CUT` off the bracket, while that is wide."""
        if self._ratio <= LAST_BRACKET:
            return rate
        cut = math.pow(self._ratio, SHARE_CUT)
        return min(max(rate, self.found.lo_per_s * cut), self.found.hi_per_s / cut)

    def _near(self) -> Sequence[Probe]:
        ends = (self.found.lo_per_s / LAST_BRACKET, self.found.hi_per_s)
        return [
            item
            for item in self.found.probes
            if ends[0] <= item.rate_per_s <= ends[1] and item.word is not Word.REFUSED
        ]

    def so_far(self) -> Found:
        """Return what is known, also where the search was interrupted: then that is a reason."""
        if not self._over:
            self._conclude()
            self.found.reasons = [*self._refused, "the search was interrupted"]
        return self.found

    def _conclude(self) -> None:
        found, self._over = self.found, True
        found.load_s = self._prober.load_s
        if self._bracketed:
            found.estimate = estimate(found.probes, self._slo, found.lo_per_s, found.hi_per_s)
        elif math.isfinite(found.hi_per_s):
            found.reasons.append(f"no rate was found that keeps {self._slo.words}, down to {found.hi_per_s:g}/s")
        elif found.lo_per_s >= self._bounds.ceiling_per_s:
            found.reasons.append(f"{found.lo_per_s:g}/s keeps {self._slo.words}, and no more than that may be offered")
        else:
            found.reasons.append(f"the budget of {self._bounds.budget_s:g} s ended before any rate was too much")
        wide = found.estimate is not None and found.estimate.limit.relative_width > 1.5 * self._bounds.width
        if wide and self._left_s <= LEAST_S:
            found.reasons.append(f"the budget of {self._bounds.budget_s:g} s ended with a wide interval")

    def _try(self, rate: float, longest_s: float) -> None:
        """Probe one rate, again where that was refused, and move the bracket by what it says."""
        for _ in range(TRIES):
            probe = self._probe(rate, longest_s)
            self.found.probes.append(probe)
            if probe.word is not Word.REFUSED:
                break
            self._drain()
        if probe.word is Word.REFUSED:
            self._refused.append(f"{rate:.1f}/s was refused {TRIES} times: {probe.why}")
            self.found.reasons.append(self._refused[-1])
        if probe.word in (Word.BAD, Word.REFUSED) or (longest_s > QUICK_S and self._leans_bad(probe)):
            self.found.hi_per_s = min(self.found.hi_per_s, rate)
            if self.found.lo_per_s >= self.found.hi_per_s:
                self.found.lo_per_s = self.found.hi_per_s / LAST_BRACKET
            self._drain()
        else:
            self.found.lo_per_s = max(self.found.lo_per_s, rate)
            if self.found.lo_per_s >= self.found.hi_per_s:
                self.found.hi_per_s = self.found.lo_per_s * LAST_BRACKET

    def _leans_bad(self, probe: Probe) -> bool:
        return any((probe.share(item.name) or 0.0) > item.allowed for item in self._slo.clauses)

    def _probe(self, rate: float, longest_s: float) -> Probe:
        begun_s, seconds = self._prober.load_s, 0.0
        self._prober.offer(rate)
        while True:
            self._prober.wait(LOOK_S)
            seconds += LOOK_S
            slices = counted(self._prober.slices())
            decision = decide(slices, self._slo)
            self._progress(f"probe {rate:.1f}/s  {seconds:.0f} s  {decision.word}: {decision.why}")
            over = seconds >= longest_s + self._bounds.patience_s or self._left_s <= 0
            if over or (seconds >= LEAST_S + self._bounds.patience_s and decision.word is not Word.OPEN):
                break
        word, why = decision.word, decision.why
        if not any(item.arrivals for item in slices):
            word, why = Word.REFUSED, "nothing is known of what came after the warm-up"
        if told := [*self._prober.doubts(), *([drift(slices)] if word is not Word.BAD and drift(slices) else [])]:
            word, why = Word.REFUSED, "; ".join(told)
        return Probe(rate, seconds, word, why, slices, begun_s=begun_s)

    def _drain(self) -> None:
        """Offer nothing until what has piled up is worked off, so that it is not held against the next rate."""
        self._prober.offer(0.0)
        waited_s = 0.0
        while self._prober.in_flight() > DRAINED and waited_s < DRAIN_S:
            self._prober.wait(LOOK_S / 2)
            waited_s += LOOK_S / 2
