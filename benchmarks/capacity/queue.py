"""A simulated service, M/G/k: arrivals wait in one line for one of k servers, each at work for a random time."""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.capacity.probing import SLICE_S, Slice
from harness.capacity.slo import Slo, parse_slo

CLAUSE = "p99"
DRAWN = 4_096


@dataclass(frozen=True)
class Queue:
    """`servers` at work for `mean_s` each time, with a coefficient of variation `cv` (1: exponential, else lognormal).

    `delay_s` comes on top of every answer, whatever the load. 99 of 100 must be answered within `limit_s`.
    """

    name: str
    servers: int
    mean_s: float
    cv: float
    limit_s: float = 0.3
    delay_s: float = 0.0

    @property
    def saturation_per_s(self) -> float:
        """What all servers together can do at most, in arrivals/s."""
        return self.servers / self.mean_s

    @property
    def slo(self) -> Slo:
        """What must be kept."""
        return parse_slo([f"{CLAUSE}={self.limit_s * 1000:g}ms"])

    def work(self, chance: np.random.Generator, count: int) -> NDArray[np.float64]:
        """Return how long so many arrivals keep a server, in seconds."""
        if self.cv == 1.0:
            return chance.exponential(self.mean_s, count)
        sigma = math.sqrt(math.log(1 + self.cv**2))
        return chance.lognormal(math.log(self.mean_s) - sigma**2 / 2, sigma, count)


QUEUES = (
    Queue("M/M/1", 1, 0.010, 1.0),
    Queue("M/G/2, a processor that binds", 2, 0.012, 0.5),
    Queue("M/M/4", 4, 0.040, 1.0),
    Queue("M/G/8, a pool that binds", 8, 0.050, 0.8),
    Queue("M/G/2 behind a gateway of 60 ms", 2, 0.010, 1.5, delay_s=0.06),
)


class Simulated:
    """A prober of a simulated queue. Everything follows from the seed."""

    def __init__(self, queue: Queue, seed: int) -> None:
        self._queue = queue
        self._chance = np.random.default_rng(seed)
        self._free = [0.0] * queue.servers
        self._now_s = self._begun_s = self._rate = 0.0
        self._next_s = math.inf
        self._ends: list[float] = []
        self._seen: list[list[float]] = []
        self._gaps: list[float] = []
        self._works: list[float] = []
        self.load_s = 0.0

    def offer(self, rate_per_s: float) -> None:
        """Have arrivals come at this rate from now on."""
        self._rate, self._begun_s, self._seen = rate_per_s, self._now_s, []
        self._next_s = self._now_s + self._gap() if rate_per_s else math.inf

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        until = self._now_s + seconds
        delay_s = self._queue.delay_s
        while self._next_s < until:
            at = self._next_s
            end = max(at, self._free[0]) + self._work()
            heapq.heapreplace(self._free, end)
            took_s = end + delay_s - at
            place = int((at - self._begun_s) / SLICE_S)
            while len(self._seen) <= place:
                self._seen.append([])
            self._seen[place].append(took_s * 1000)
            self._ends.append(end + delay_s)
            self._next_s = at + self._gap()
        self._now_s = until
        self._ends = [end for end in self._ends if end > until]
        self.load_s += seconds if self._rate else 0.0

    def slices(self) -> Sequence[Slice]:
        """Return the slices whose arrivals are all answered or late."""
        whole = int((self._now_s - self._begun_s - self._queue.limit_s) / SLICE_S)
        limit_ms = self._queue.limit_s * 1000
        return [
            Slice(place * SLICE_S, len(waits), {CLAUSE: (len(waits), sum(item > limit_ms for item in waits))}, 0, waits)
            for place, waits in enumerate(self._seen[: max(0, whole)])
        ]

    def in_flight(self) -> int:
        """Return how many are not answered."""
        return len(self._ends)

    def doubts(self) -> Sequence[str]:
        """Return nothing: simulated time is never late."""
        return ()

    def _gap(self) -> float:
        if not self._gaps:
            self._gaps = self._chance.exponential(1.0, DRAWN).tolist()
        return self._gaps.pop() / self._rate

    def _work(self) -> float:
        if not self._works:
            self._works = self._queue.work(self._chance, DRAWN).tolist()
        return self._works.pop()
