"""What Locust is told: the same counts as the history, merged into its statistics once a second.

Locust's own recording costs more than a request on this engine; a batch costs next to nothing. Totals are exact, and
agree with the history to the operation.
"""

import time
from collections import Counter
from pathlib import Path

import msgspec
from locust.env import Environment
from locust.stats import RequestStats, StatsEntry, StatsError, bucket_response_time

from loadtests.answers import READS
from loadtests.tally import Batch, Tally


def merge(stats: RequestStats, tally: Tally) -> None:
    """Move everything counted since the last merge into Locust's statistics."""
    for (flow, kind), batch in tally.take().items():
        name, method = f"{flow}: {kind}", "GET" if kind in READS else "POST"
        responses_ms = [response_us / 1000 for response_us in batch.responses_us]
        rounded = Counter(map(bucket_response_time, responses_ms))
        for entry in (stats.entries[name, method], stats.total):
            _add(entry, batch, responses_ms, rounded)
        for what, count in batch.errors.items():
            key = StatsError.create_key(method, name, what)
            error = stats.errors.setdefault(key, StatsError(method, name, what))
            error.occurred()
            error.occurrences += count - 1


def _add(entry: StatsEntry, batch: Batch, responses_ms: list[float], rounded: Counter[int]) -> None:
    now_s = time.time()
    second = int(now_s)
    if entry.use_response_times_cache and entry.last_request_timestamp and second > int(entry.last_request_timestamp):
        # The web UI's recent percentiles are differences between the copies that Locust keeps for each second.
        entry._cache_response_times(second - 1)
    failures = sum(batch.errors.values())
    entry.num_requests += len(responses_ms)
    entry.num_failures += failures
    entry.num_reqs_per_sec[second] += len(responses_ms)
    if failures:
        entry.num_fail_per_sec[second] += failures
    entry.last_request_timestamp = now_s
    entry.total_response_time += sum(responses_ms)  # type: ignore[assignment]
    least, most = min(responses_ms), max(responses_ms)
    entry.min_response_time = least if entry.min_response_time is None else min(entry.min_response_time, least)  # type: ignore[assignment]
    entry.max_response_time = max(entry.max_response_time, most)  # type: ignore[assignment]
    for key, count in rounded.items():
        entry.response_times[key] += count
    entry.total_content_length += batch.bytes_received


class _Total(msgspec.Struct):
    requests: int
    failures: int


class _Entry(msgspec.Struct):
    name: str
    method: str
    requests: int
    failures: int


class _Error(msgspec.Struct):
    name: str
    method: str
    error: str
    occurrences: int


class _Totals(msgspec.Struct):
    """What Locust counted itself."""

    total: _Total
    entries: list[_Entry]
    errors: list[_Error]


def totals(environment: Environment) -> bytes:
    """Return Locust's own totals as JSON, for `raw/locust-stats.json`."""
    stats = environment.stats
    entries = [entry for _, entry in sorted(stats.entries.items())]
    errors = [error for _, error in sorted(stats.errors.items())]
    document = _Totals(
        total=_Total(stats.total.num_requests, stats.total.num_failures),
        entries=[_Entry(item.name, item.method, item.num_requests, item.num_failures) for item in entries],
        errors=[_Error(item.name, item.method, str(item.error), item.occurrences) for item in errors],
    )
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_bytes(data)
    draft.replace(path)
