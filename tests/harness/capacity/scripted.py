"""A prober that does as it is told: of the arrivals at any rate a known share is bad, and nothing is left to chance."""

from collections.abc import Callable, Sequence

from harness.capacity.probing import SLICE_S, Slice


class Scripted:
    """`bad` gives the share of bad ones by rate; `doubt` the reasons to refuse a probe by its rate and number."""

    def __init__(
        self,
        bad: Callable[[float], float],
        doubt: Callable[[float, int], Sequence[str]] = lambda _rate, _number: (),
        wait_ms: Callable[[float, float], float] | None = None,
    ) -> None:
        self.load_s = 0.0
        self.offered: list[float] = []
        self._bad, self._doubt = bad, doubt
        self._wait_ms = wait_ms
        self._rate = self._seconds = 0.0

    def offer(self, rate_per_s: float) -> None:
        self._rate, self._seconds = rate_per_s, 0.0
        if rate_per_s:
            self.offered.append(rate_per_s)

    def wait(self, seconds: float) -> None:
        self._seconds += seconds
        self.load_s += seconds if self._rate else 0.0

    def slices(self) -> Sequence[Slice]:
        return [self._slice(number * SLICE_S) for number in range(int(self._seconds / SLICE_S))]

    def in_flight(self) -> int:
        return 0

    def doubts(self) -> Sequence[str]:
        return self._doubt(self._rate, len(self.offered))

    def _slice(self, from_s: float) -> Slice:
        arrivals = max(1, round(self._rate * SLICE_S))
        share = self._bad(self._rate)
        before, after = (int(share * arrivals * (from_s / SLICE_S + step)) for step in (0, 1))
        slow = min(arrivals, after - before)
        usual_ms = self._wait_ms(self._rate, from_s) if self._wait_ms else 50.0
        waits = [900.0] * slow + [usual_ms * (1 + 0.01 * (n % 7)) for n in range(arrivals - slow)]
        return Slice(from_s, arrivals, {"p99": (arrivals, slow), "errors": (arrivals, 0)}, 1, waits)
