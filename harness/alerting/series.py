"""What was scraped: a short history of every series, with the moments at which one was no longer there."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Labels = frozenset[tuple[str, str]]
"""A series' labels as pairs; `instance` says which process showed it."""
Points = list[tuple[int, float]]
"""When (milliseconds) and what, oldest first."""

LOOKBACK_MS = 300_000
"""A series that was not seen for so long is not there any more, as Prometheus has it by default."""
INSTANCE = "instance"


@dataclass(frozen=True)
class Key:
    """One series: its name, and its labels."""

    name: str
    labels: Labels


class Series:
    """Keeps samples by series. Times are milliseconds, on whichever clock; they must not go back."""

    def __init__(self) -> None:
        self._points: dict[Key, deque[tuple[int, float | None]]] = defaultdict(deque)
        self._by_name: dict[str, list[Key]] = defaultdict(list)
        self._shown: dict[str, frozenset[Key]] = {}

    def scraped(self, instance: str, at_ms: int, samples: Iterable[tuple[str, Mapping[str, str], float]]) -> None:
        """Keep what a process showed: each sample's name, labels and value. What is not shown any more has ended."""
        seen = set()
        for name, labels, value in samples:
            key = Key(name, frozenset({**labels, INSTANCE: instance}.items()))
            seen.add(key)
            self._add(key, at_ms, value)
        self._end(self._shown.get(instance, frozenset()) - seen, at_ms)
        self._shown[instance] = frozenset(seen)

    def not_scraped(self, instance: str, at_ms: int) -> None:
        """Note that a process could not be asked: none of its series is there any more."""
        self.scraped(instance, at_ms, ())

    def _add(self, key: Key, at_ms: int, value: float | None) -> None:
        if key not in self._points:
            self._by_name[key.name].append(key)
        self._points[key].append((at_ms, value))

    def _end(self, keys: Iterable[Key], at_ms: int) -> None:
        for key in keys:
            self._add(key, at_ms, None)

    def forget(self, before_ms: int) -> None:
        """Drop samples from before that moment, but for the last of each series."""
        for points in self._points.values():
            while len(points) > 1 and points[1][0] < before_ms:
                points.popleft()

    def over(self, name: str, at_ms: int, window_ms: int) -> dict[Labels, Points]:
        """Return the samples of the window that ends at `at_ms`, both ends included, by series."""
        found: dict[Labels, Points] = {}
        for key in self._by_name.get(name, ()):
            points = [
                (when, value)
                for when, value in self._points[key]
                if value is not None and at_ms - window_ms <= when <= at_ms
            ]
            if points:
                found[key.labels] = points
        return found

    def at(self, name: str, at_ms: int) -> dict[Labels, float]:
        """Return each series' value at that moment; none for one that has ended or was not seen for long."""
        found: dict[Labels, float] = {}
        for key in self._by_name.get(name, ()):
            last = next((point for point in reversed(self._points[key]) if point[0] <= at_ms), None)
            if last is not None and last[1] is not None and last[0] > at_ms - LOOKBACK_MS:
                found[key.labels] = last[1]
        return found
