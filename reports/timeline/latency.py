"""How long shoppers waited, second by second: exact percentiles, and every request in a heat map."""

from math import ceil, floor, log10

import msgspec

from harness.core.evidence import Evidence
from reports.tables import holds
from reports.timeline.axis import MONEY_KINDS, Axis

_BINS_PER_DECADE = 12


class Heat(msgspec.Struct, frozen=True):
    """`cells` of (bucket, bin, requests), bins equal on a log scale.

    Bin b reaches from 10 ** (`from_log10` + b / `per_decade`) milliseconds to the next one; there are `bins` of them.
    """

    from_log10: int
    per_decade: int
    bins: int
    cells: list[list[int]]


_WAITS = f"""
    SELECT due_us, greatest((done_us - due_us) / 1000.0, 0.1) AS wait_ms
    FROM history WHERE {MONEY_KINDS} AND done_us IS NOT NULL
"""


def percentiles(evidence: Evidence, axis: Axis) -> dict[str, list[float | None]] | None:
    """Return p50, p95 and p99 in milliseconds by the second in which requests were due; None without a history.

    Exact, over every attempt of an operation of money, from when it was due until it was answered or given up.
    """
    if not holds(evidence, "history", "kind", "due_us", "done_us"):
        return None
    rows = evidence.rows(
        f"SELECT {axis.bucket_of('due_us')} AS bucket, quantile_cont(wait_ms, [0.5, 0.95, 0.99]) AS found "
        f"FROM ({_WAITS}) GROUP BY bucket"
    )
    found = {row["bucket"]: [round(value, 2) for value in row["found"]] for row in rows}
    return {
        name: [found[index][place] if index in found else None for index in range(axis.buckets)]
        for place, name in enumerate(("p50", "p95", "p99"))
    }


def heat(evidence: Evidence, axis: Axis) -> Heat | None:
    """Return the heat map; None without a history."""
    if not holds(evidence, "history", "kind", "due_us", "done_us"):
        return None
    low, high = evidence.rows(f"SELECT min(wait_ms) AS low, max(wait_ms) AS high FROM ({_WAITS})")[0].values()
    if low is None:
        return None
    from_log10 = floor(log10(low))
    bins = _BINS_PER_DECADE * max(1, ceil(log10(high) + 1e-9) - from_log10)
    rows = evidence.rows(
        f"SELECT {axis.bucket_of('due_us')} AS bucket, "
        f"least(CAST(floor((log10(wait_ms) - {from_log10}) * {_BINS_PER_DECADE}) AS INTEGER), {bins - 1}) AS bin, "
        f"count(*) AS number FROM ({_WAITS}) GROUP BY ALL ORDER BY ALL"
    )
    cells = [[row["bucket"], row["bin"], row["number"]] for row in rows if 0 <= row["bucket"] < axis.buckets]
    return Heat(from_log10, _BINS_PER_DECADE, bins, cells)
