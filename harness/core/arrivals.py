"""Arrivals as somebody recorded them: when, of which kind, how dear; and how bursty they were."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from harness.core.errors import UsageError
from harness.core.plain import Json, JsonObject

WINDOW_S = 1.0
"""Burstiness is counted in windows this long, of the time in which the arrivals are played."""


@dataclass(frozen=True)
class Recorded:
    """Recorded arrivals, in order: offsets from the first in microseconds, kinds (flows), amount buckets ('' for any).

    `length_us` is how long all of them take. `speed` says how many times as fast as recorded they are played, `share`
    how many of the recorded ones are (above 1: some come several times). `original` is the burstiness before any were
    left out or added, in the time in which they are played.
    """

    name: str
    sha256: str
    offsets_us: tuple[int, ...]
    kinds: tuple[str, ...]
    buckets: tuple[str, ...]
    length_us: int
    speed: float = 1.0
    share: float = 1.0
    original: float | None = None

    def __post_init__(self) -> None:
        if not self.offsets_us:
            raise UsageError(f"arrivals {self.name}: there are none")

    @property
    def rate_per_s(self) -> float:
        """The mean rate of arrivals."""
        return len(self.offsets_us) / (self.length_us / 1e6)

    @property
    def mix(self) -> Mapping[str, float]:
        """How many of each kind there are."""
        return {kind: float(count) for kind, count in sorted(Counter(self.kinds).items())}

    @property
    def dispersion(self) -> float | None:
        """The index of dispersion of these arrivals as they are planned."""
        return dispersion(self.offsets_us, self.length_us)

    def lasting(self, duration_s: float) -> "Recorded":
        """Return the same arrivals played in that time: faster or slower, none left out."""
        factor = duration_s * 1e6 / self.length_us
        offsets = tuple(int(offset * factor) for offset in self.offsets_us)
        found = replace(self, offsets_us=offsets, length_us=round(duration_s * 1e6), speed=self.speed / factor)
        return replace(found, original=None if self.original is None else found.dispersion)

    def at_rate(self, rate_per_s: float) -> "Recorded":
        """Return arrivals at that mean rate in the same time: each is taken as often as chance says.

        The same recording at the same rate always gives the same arrivals. Copies are placed anywhere between an
        arrival and its successor, so that they make no burst of their own.
        """
        share = rate_per_s / self.rate_per_s
        chance = random.Random(f"{self.sha256}/{share:.9f}")
        ends = [*self.offsets_us[1:], self.length_us]
        taken: list[tuple[int, str, str]] = []
        for offset, end, kind, bucket in zip(self.offsets_us, ends, self.kinds, self.buckets, strict=True):
            for copy in range(int(share) + (chance.random() < share % 1)):
                taken.append((offset if not copy else chance.randint(offset, max(offset, end - 1)), kind, bucket))
        if not taken:
            raise UsageError(f"arrivals {self.name}: none is left at {rate_per_s:g}/s", hint="a higher --rate")
        taken.sort(key=lambda item: item[0])
        offsets, kinds, buckets = (tuple(column) for column in zip(*taken, strict=True))
        original = self.original if self.original is not None else self.dispersion
        return replace(
            self, offsets_us=offsets, kinds=kinds, buckets=buckets, share=self.share * share, original=original
        )

    def only(self, kinds: Iterable[str]) -> "Recorded":
        """Return the arrivals of these kinds."""
        wanted = set(kinds)
        rows = [row for row in zip(self.offsets_us, self.kinds, self.buckets, strict=True) if row[1] in wanted]
        if not rows:
            raise UsageError(f"arrivals {self.name}: none is of a kind that the target can be asked for")
        offsets, kept, buckets = (tuple(column) for column in zip(*rows, strict=True))
        return replace(self, offsets_us=offsets, kinds=kept, buckets=buckets)

    def document(self) -> JsonObject:
        """Return what a plan says of it: everything but the arrivals themselves."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "arrivals": len(self.offsets_us),
            "speed": self.speed,
            "share": self.share,
            "dispersion_recorded": self.original if self.original is not None else self.dispersion,
            "dispersion_planned": self.dispersion,
        }

    def job(self) -> JsonObject:
        """Return it as the load's job holds it: names once, and numbers of them."""
        kinds, buckets = sorted(set(self.kinds)), sorted(set(self.buckets))
        kind: list[Json] = [kinds.index(name) for name in self.kinds]
        bucket: list[Json] = [buckets.index(name) for name in self.buckets]
        return {
            "offsets_us": list(self.offsets_us),
            "kinds": list(kinds),
            "kind": kind,
            "buckets": list(buckets),
            "bucket": bucket,
        }


def dispersion(moments_us: Iterable[int], length_us: int) -> float | None:
    """Return the index of dispersion of moments from 0 to `length_us`: variance of counts in windows, by their mean.

    1 for arrivals that come independently of one another (Poisson), more for bursts, less for what is paced (D. Cox and
    P. Lewis, The Statistical Analysis of Series of Events, 1966). None for fewer than two windows, or no moments.
    """
    windows = int(length_us / 1e6 / WINDOW_S)
    counts = Counter(int(moment / 1e6 / WINDOW_S) for moment in moments_us)
    seen = [counts.get(window, 0) for window in range(windows)]
    mean = sum(seen) / windows if windows else 0.0
    if windows < 2 or not mean:
        return None
    return sum((count - mean) ** 2 for count in seen) / (windows - 1) / mean


def first_disorder(moments: Iterable[float]) -> int | None:
    """Return the place (from 0) of the first moment that lies before its predecessor; None where all are in order."""
    for place, (earlier, later) in enumerate(pairwise(moments), start=1):
        if later < earlier:
            return place
    return None
