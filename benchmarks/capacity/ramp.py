"""What a search is compared with: a step ramp, which goes up by 2.5 % every 30 s until a step fails."""

from harness.capacity.probing import Prober
from harness.capacity.slo import Slo

STEP = 1.025
STEP_S = 30.0
STEPS_MAX = 120


def ramp(prober: Prober, slo: Slo, from_per_s: float) -> float:
    """Return the last rate whose step kept the SLO, 0 where the first did not."""
    rate, kept = from_per_s, 0.0
    for _ in range(STEPS_MAX):
        prober.offer(rate)
        prober.wait(STEP_S)
        slices = prober.slices()
        for clause in slo.clauses:
            tried, bad = (sum(item.seen[clause.name][place] for item in slices) for place in (0, 1))
            if bad > clause.allowed * tried:
                return kept
        kept, rate = rate, rate * STEP
    return kept
