"""The plan of arrivals: a pure function of (seed, rate, mix, merchants).

The k-th arrival has its time, its flow and its content whatever was drawn before it and whoever draws it, so that
W workers can each take every W-th arrival and together make exactly the one-worker plan.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate, chain, islice

import msgspec

from loadtests.amounts import draw_amount_minor
from loadtests.cards import GOOD_CARDS
from loadtests.currencies import fitting
from loadtests.job import LoadJob
from loadtests.sizes import Size, forced
from loadtests.streams import pick, uniform

DRAWN_AHEAD = 100_000
"""How many arrivals are drawn before the start; further ones are drawn while the load runs."""


class Arrival(msgspec.Struct, frozen=True):
    """One shopkeeper's errand.

    `offset_us` is when it is due, in microseconds after the start of the plan at its nominal rate. `card` is a sound
    payment method; `merchant` and `replica` are indexes into the job's lists. `seed` lets a flow draw further choices
    that belong to this arrival. `size` is what a plain sale is of instead, where a run's few forced sizes fall on it.
    """

    k: int
    offset_us: int
    flow: str
    merchant: int
    amount_minor: int
    card: str
    replica: int
    seed: int
    size: Size | None = None

    def draw(self, stream: str) -> float:
        """Return this arrival's own number in [0, 1) for a named choice, the same at every call."""
        return uniform(self.seed, stream, self.k)

    def choose(self, stream: str, count: int) -> int:
        """Return this arrival's own choice among `count` things for a named choice."""
        return pick(self.seed, stream, self.k, count)


class Mix:
    """Turns a number in [0, 1) into a flow's name by the flows' weights."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        """Weights are relative; flows with weight 0 never come. The order of the names does not matter."""
        ordered = sorted((name, weight) for name, weight in weights.items() if weight > 0)
        self._names = [name for name, _ in ordered]
        self._edges = list(accumulate(weight for _, weight in ordered))

    def flow(self, fraction: float) -> str:
        """Return the flow whose share of [0, 1) holds `fraction`."""
        place = bisect_right(self._edges, fraction * self._edges[-1])
        return self._names[min(place, len(self._names) - 1)]


def offsets_us(seed: int, rate_per_s: float) -> Iterator[int]:
    """Yield the due times of a Poisson stream, in microseconds after its start, without end."""
    elapsed_s, k = 0.0, 0
    while True:
        elapsed_s += -math.log(1.0 - uniform(seed, "gap", k)) / rate_per_s
        yield round(elapsed_s * 1e6)
        k += 1


_GOLDEN_SHARE = (math.sqrt(5) - 1) / 2


def flow_share(seed: int, k: int) -> float:
    """Return where in the mix the k-th arrival lies, in [0, 1).

    Multiples of the golden ratio fill the interval evenly (a Weyl sequence), so that even a short run gets its share of
    rare flows; independent draws would leave some runs without the races that an invariant needs as its witness.
    """
    return (uniform(seed, "flow", 0) + k * _GOLDEN_SHARE) % 1.0


def forced_sizes(job: LoadJob, mix: Mix) -> dict[int, Size]:
    """Return the sizes of a job's plan by arrival; none for a system whose limits nobody published to us."""
    if job.adapter:
        return {}
    flow = _flows(job, mix)
    count = len(job.recorded.offsets_us) if job.recorded else None
    return forced(lambda k: (count is None or k < count) and flow(k) == "sale")


def _flows(job: LoadJob, mix: Mix) -> Callable[[int], str]:
    """Return what tells the k-th arrival's flow: the recording, else the mix."""
    recorded = job.recorded
    if recorded is not None:
        return lambda k: recorded.kinds[recorded.kind[k]]
    return lambda k: mix.flow(flow_share(job.seed, k))


def _moments(job: LoadJob) -> Iterator[int]:
    """Yield when arrivals are due, in microseconds after the start: as recorded, else a Poisson stream without end."""
    return iter(job.recorded.offsets_us) if job.recorded else offsets_us(job.seed, job.rate_per_s)


def arrival(job: LoadJob, mix: Mix, k: int, offset_us: int, size: Size | None = None) -> Arrival:
    """Return the k-th arrival of a job's plan."""
    seed = job.seed
    merchant = pick(seed, "merchant", k, len(job.merchants))
    exponent, currency = job.merchants[merchant].exponent, job.merchants[merchant].currency
    bucket = job.recorded.buckets[job.recorded.bucket[k]] if job.recorded else ""
    return Arrival(
        k=k,
        offset_us=offset_us,
        flow=_flows(job, mix)(k),
        merchant=merchant,
        amount_minor=fitting(draw_amount_minor(seed, k, exponent, bucket), currency),
        card=GOOD_CARDS[pick(seed, "card", k, len(GOOD_CARDS))],
        replica=pick(seed, "replica", k, len(job.api_urls)),
        seed=seed,
        size=size,
    )


def arrivals(job: LoadJob, worker: int = 0, *, endless: bool = False) -> Iterator[Arrival]:
    """Yield the arrivals of one worker in the order of their due times: those with `k % job.workers == worker`.

    The plan ends at `duration_s`, unless it is `endless`; a recording ends in any case.
    """
    mix = Mix(job.mix)
    sizes = forced_sizes(job, mix)
    end_us = job.duration_s * 1e6
    for k, offset_us in enumerate(_moments(job)):
        if offset_us >= end_us and not endless:
            return
        if k % job.workers == worker:
            yield arrival(job, mix, k, offset_us, sizes.get(k))


def draw_ahead(
    job: LoadJob, worker: int, *, endless: bool = False, count: int = DRAWN_AHEAD
) -> tuple[int, Iterator[Arrival]]:
    """Return how many arrivals are planned (0 where the plan is endless) and the arrivals, the first `count` drawn."""
    plan = arrivals(job, worker, endless=endless)
    ahead = list(islice(plan, count))
    if len(ahead) < count:
        return len(ahead), iter(ahead)
    planned = 0 if endless else sum(1 for _ in arrivals(job, worker))
    return planned, chain(ahead, plan)
