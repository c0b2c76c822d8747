"""What comes after too much: is the same rate served as well on the way down as on the way up, and how soon?

Control flow over the same probes as a search.

A system whose retries or queues keep it down although the load is gone has two states at one rate (metastable failure).
A search that only goes up never sees the worse one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from harness.capacity.deciding import counted, decide
from harness.capacity.probing import Probe, Prober, Slice, Word
from harness.capacity.slo import Slo

RATE, BEYOND = 0.85, 1.5
"""Shares of the limit: the rate that is compared, and what lies between."""
UP_S, BEYOND_S, DOWN_S = 10.0, 8.0, 10.0
LOOK_S = 1.0
PATIENCE_S = 40.0
"""So long a recovery is waited for."""
CALM = 3
"""So many seconds in a row are as good as before, before it is called recovered."""
WORSE = 1.5
"""Waiting this many times longer than before is not as good as before."""


@dataclass(frozen=True)
class Aftermath:
    """The way down beside the way up, at `rate_per_s`; times in milliseconds and seconds.

    `recovered_s` is how long after `beyond_per_s` ended service was as before; None where it was not within `waited_s`.
    """

    rate_per_s: float
    beyond_per_s: float
    up_p50_ms: float
    up_p99_ms: float
    down_p50_ms: float
    down_p99_ms: float
    recovered_s: float | None
    waited_s: float

    @property
    def metastable(self) -> bool:
        """Tell whether the system stayed down although the load was gone."""
        return self.recovered_s is None


def look_after(
    prober: Prober, slo: Slo, limit_per_s: float, ceiling_per_s: float, progress: Callable[[str], None]
) -> tuple[Aftermath, tuple[Probe, ...]]:
    """Go to a rate below the limit, beyond it and back, and return how that went, with the probes."""
    rate, beyond = RATE * limit_per_s, min(BEYOND * limit_per_s, ceiling_per_s)
    up = _hold(prober, slo, rate, UP_S, "on the way up", progress)
    over = _hold(prober, slo, beyond, BEYOND_S, f"{BEYOND} x the limit", progress)
    usual_ms = percentile(up.slices, 0.5)
    begun_s = prober.load_s
    prober.offer(rate)
    recovered_s, waited_s, calm = None, 0.0, 0
    while waited_s < PATIENCE_S and recovered_s is None:
        prober.wait(LOOK_S)
        waited_s += LOOK_S
        progress(f"recovering at {rate:.1f}/s  {waited_s:.0f} s after {BEYOND} x the limit")
        seen = prober.slices()[-2:]
        calm = calm + 1 if seen and _as_before(seen, slo, usual_ms) else 0
        if calm >= CALM:
            recovered_s = max(0.0, waited_s - CALM * LOOK_S)
    prober.wait(DOWN_S)
    last = [item for item in prober.slices() if item.from_s >= waited_s - CALM * LOOK_S]
    down = Probe(rate, waited_s + DOWN_S, decide(last, slo).word, "", last, "on the way down", begun_s)
    prober.offer(0.0)
    told = Aftermath(
        rate_per_s=rate,
        beyond_per_s=beyond,
        up_p50_ms=usual_ms,
        up_p99_ms=percentile(up.slices, 0.99),
        down_p50_ms=percentile(last, 0.5),
        down_p99_ms=percentile(last, 0.99),
        recovered_s=recovered_s,
        waited_s=waited_s,
    )
    return told, (up, over, down)


def percentile(slices: Sequence[Slice], share: float) -> float:
    """Return a percentile of the waits of some slices, in milliseconds; 0 where nobody waited."""
    waits = [wait for item in slices for wait in item.waits_ms]
    return float(np.quantile(waits, share)) if waits else 0.0


def _hold(
    prober: Prober, slo: Slo, rate: float, seconds: float, purpose: str, progress: Callable[[str], None]
) -> Probe:
    begun_s = prober.load_s
    prober.offer(rate)
    waited_s = 0.0
    while waited_s < seconds:
        prober.wait(LOOK_S)
        waited_s += LOOK_S
        progress(f"holding {rate:.1f}/s  {waited_s:.0f}/{seconds:.0f} s, {purpose}")
    seen = counted(prober.slices())
    decision = decide(seen, slo)
    return Probe(rate, seconds, decision.word, decision.why, seen, purpose, begun_s)


def _as_before(slices: Sequence[Slice], slo: Slo, usual_ms: float) -> bool:
    if not any(item.arrivals for item in slices):
        return False
    return decide(slices, slo).word is not Word.BAD and percentile(slices, 0.5) <= WORSE * max(usual_ms, 1.0)
