"""A log-linear histogram of microseconds: constant memory, cheap to record, at most 0.4 % off in any quantile."""

from collections.abc import Mapping, Sequence

SUB_BITS = 7
_LINEAR = 1 << SUB_BITS


class Histogram:
    """Counts durations in microseconds. Values below 128 us are exact; above, 128 buckets for each doubling."""

    __slots__ = ("count", "counts", "max_us", "total_us")

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.count = 0
        self.total_us = 0
        self.max_us = 0

    def record(self, value_us: int) -> None:
        """Count one duration. A negative one counts as zero."""
        self.record_all((value_us,))

    def record_all(self, values_us: Sequence[int]) -> None:
        """Count many durations. Negative ones count as zero."""
        counts = self.counts
        for value_us in values_us:
            value_us = value_us if value_us > 0 else 0
            shift = value_us.bit_length() - SUB_BITS - 1
            index = value_us if shift <= 0 else (shift << SUB_BITS) + (value_us >> shift)
            counts[index] = counts.get(index, 0) + 1
        self.count += len(values_us)
        self.total_us += sum(values_us)
        self.max_us = max(self.max_us, *values_us) if values_us else self.max_us

    def merge(self, other: "Histogram") -> None:
        """Add everything that another histogram counted."""
        for index, count in other.counts.items():
            self.counts[index] = self.counts.get(index, 0) + count
        self.count += other.count
        self.total_us += other.total_us
        self.max_us = max(self.max_us, other.max_us)

    def quantile_us(self, share: float) -> float:
        """Return the duration that `share` (0..1) of all samples do not exceed, 0.0 where there are none."""
        wanted, seen = max(1, -(-self.count * share // 1)), 0
        for index in sorted(self.counts):
            seen += self.counts[index]
            if seen >= wanted:
                return min(_middle_us(index), float(self.max_us))
        return 0.0

    def summary(self) -> Mapping[str, float]:
        """Return `count`, `mean`, `p50`, `p90`, `p99` and `max`, in microseconds."""
        mean = self.total_us / self.count if self.count else 0.0
        quantiles = {f"p{round(share * 100)}": round(self.quantile_us(share), 1) for share in (0.5, 0.9, 0.99)}
        return {"count": self.count, "mean": round(mean, 1), **quantiles, "max": self.max_us}


def _middle_us(index: int) -> float:
    """Return the middle of a bucket. Exact below two linear spans, where a bucket is one microsecond wide."""
    if index < 2 * _LINEAR:
        return float(index)
    shift = (index >> SUB_BITS) - 1
    lower = (index - (shift << SUB_BITS)) << shift
    return lower + (1 << shift) / 2
