"""What became of the load's workers: which of them died, and how well the clocks of their hosts are known."""

from pathlib import Path

import msgspec

from harness.core.evidence import Evidence
from harness.core.report import LostWorker

CLOCK_ERROR_MS_MAX = 50.0
"""Times of different hosts that are compared must be truer than this; it is what is also allowed for lag."""

_SENT = """
    SELECT count(DISTINCT arrival) AS made, count(*) FILTER (error = 'no_completion') AS in_doubt
    FROM history WHERE worker = ?
"""


class Written(msgspec.Struct):
    """What there is to know of a worker: what it wrote itself when it was ready, or the roster of who had joined."""

    planned: int | None = None
    host: str | None = None
    ended: str | None = None
    handed_over: bool = True
    clock_error_us: float | None = None
    clock_drift_us: float | None = None


def lost_workers(evidence: Evidence) -> tuple[LostWorker, ...]:
    """Return the workers that began and left no account of themselves (`raw/load-<worker>.json`), by name."""
    raw = evidence.folder / "raw"
    begun = {path.name.removeprefix("ready-"): path for path in raw.glob("ready-*")}
    return tuple(
        _lost(evidence, name, _read(path), _read(raw / f"worker-{name}.json"))
        for name, path in sorted(begun.items())
        if not (raw / f"load-{name}.json").is_file()
    )


def _lost(evidence: Evidence, name: str, ready: Written, joined: Written) -> LostWorker:
    sent = evidence.rows(_SENT, [name])[0] if evidence.has("history") else {"made": 0, "in_doubt": 0}
    planned = ready.planned
    return LostWorker(
        worker=name,
        host=joined.host or ready.host or "",
        how=joined.ended or "died",
        planned=planned,
        never_made=None if planned is None else max(0, planned - sent["made"]),
        in_doubt=sent["in_doubt"],
        complete=joined.handed_over,
    )


def lost_sentence(lost: LostWorker) -> str:
    """Return what became of a lost worker and of its share of the load, as a sentence."""
    where = f" on {lost.host}" if lost.host else ""
    share = "nobody knows how many arrivals it had planned"
    if lost.planned is not None:
        share = f"{lost.never_made} of its {lost.planned} planned arrivals were never made"
    doubt = f"{lost.in_doubt} of the requests that it sent have no answer and count as unknown"
    tail = "" if lost.complete else "; its last lines were not handed over, so what it sent last is not in the history"
    return f"load worker {lost.worker}{where} {lost.how}: {share}, {doubt}{tail}"


def clock_faults(evidence: Evidence) -> list[str]:
    """Return which hosts' clocks are known too badly for times to be compared, as sentences."""
    found = []
    for path in sorted((evidence.folder / "raw").glob("worker-*.json")):
        joined = _read(path)
        error_ms = ((joined.clock_error_us or 0.0) + abs(joined.clock_drift_us or 0.0)) / 1000
        if error_ms > CLOCK_ERROR_MS_MAX:
            found.append(
                f"the clock of load worker {path.stem.removeprefix('worker-')} on {joined.host} is known to "
                f"{error_ms:.0f} ms only, at most {CLOCK_ERROR_MS_MAX:g} ms allowed"
            )
    return found


def _read(path: Path) -> Written:
    """Return what a worker or the harness wrote down; nothing where it was killed before or while it did."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Written)
    except (OSError, ValueError):
        return Written()
