"""The last minutes of a load, second by second, read from the history files as they grow. What is older is forgotten.

An operation counts from when its first request was due, with all its retries (see `harness.run.following`). Offered is
what was due in a second, achieved what was first answered in it, good what succeeded in it.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from harness.run.following import AGAIN, GIVEN_UP_S, REFUSED

KEPT_S = 900
"""So many seconds are kept: what the page shows."""
OPEN_MAX = 20_000
"""So many operations without an end are followed at once; of more, the oldest count as given up."""
LATENCY_S = 10
"""Percentiles are of the answers of so many seconds."""
READ_BYTES = 4_000_000
"""At most so much is read at each look, of each file."""


class _Invoke(msgspec.Struct, tag_field="e", tag="invoke"):
    op: str
    expect: str
    due_us: int


class _Complete(msgspec.Struct, tag_field="e", tag="complete"):
    op: str
    done_us: int
    outcome: str
    http_status: int | None = None


_decode = msgspec.json.Decoder(_Invoke | _Complete).decode


@dataclass
class _Second:
    offered: int = 0
    achieved: int = 0
    good: int = 0
    bad: int = 0
    waits_ms: list[float] = field(default_factory=list)


@dataclass
class _Open:
    due_us: int
    answered: bool = False


@dataclass(frozen=True)
class Rates:
    """What happened in one second: operations, and the percentiles of the last `LATENCY_S` seconds (milliseconds)."""

    at_s: int
    offered: int
    achieved: int
    good: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class LiveWindow:
    """Follows the raw history of one load. Bounded: `KEPT_S` seconds and `OPEN_MAX` open operations."""

    def __init__(self, raw: Path, t0_us: int) -> None:
        self._raw = raw
        self._t0_us = t0_us
        self._offsets: dict[str, int] = {}
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._seconds: OrderedDict[int, _Second] = OrderedDict()
        self.ended = 0
        self.bad = 0
        """How many operations came to an end so far, and how many of them to nothing."""

    def look(self, now_us: int) -> None:
        """Read on; give up what has waited too long; forget what is old."""
        for path in sorted(self._raw.glob("history-*.jsonl")):
            for line in self._fresh(path):
                try:
                    self._take(_decode(line))
                except msgspec.MsgspecError:
                    continue  # a line of another kind
        self._give_up(now_us)
        oldest = self._second_of(now_us) - KEPT_S
        while self._seconds and next(iter(self._seconds)) < oldest:
            self._seconds.popitem(last=False)

    def rates(self, at_s: int) -> Rates:
        """Return one second."""
        found = self._seconds.get(at_s, _Second())
        return Rates(at_s, found.offered, found.achieved, found.good, *self._percentiles(at_s))

    @property
    def sizes(self) -> Mapping[str, int]:
        """How much is kept: open operations, seconds, waits."""
        waits = sum(len(second.waits_ms) for second in self._seconds.values())
        return {"open": len(self._open), "seconds": len(self._seconds), "waits": waits}

    def _percentiles(self, at_s: int) -> tuple[float | None, float | None, float | None]:
        seconds = [self._seconds[second] for second in range(at_s - LATENCY_S + 1, at_s + 1) if second in self._seconds]
        waits = sorted(wait for second in seconds for wait in second.waits_ms)
        return quantile(waits, 0.5), quantile(waits, 0.95), quantile(waits, 0.99)

    def _fresh(self, path: Path) -> Iterator[bytes]:
        with path.open("rb") as file:
            file.seek(self._offsets.get(path.name, 0))
            fresh = file.read(READ_BYTES)
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._offsets[path.name] = self._offsets.get(path.name, 0) + len(whole)
        yield from whole.splitlines()

    def _second_of(self, at_us: int) -> int:
        return (at_us - self._t0_us) // 1_000_000

    def _second(self, at_us: int) -> _Second:
        at_s = self._second_of(at_us)
        if at_s not in self._seconds:
            self._seconds[at_s] = _Second()
            if len(self._seconds) > 1 and at_s < list(self._seconds)[-2]:
                self._seconds = OrderedDict(sorted(self._seconds.items()))
            self._trim_waits(at_s)
        return self._seconds[at_s]

    def _trim_waits(self, at_s: int) -> None:
        for second, kept in self._seconds.items():
            if kept.waits_ms and second < at_s - 3 * LATENCY_S:
                kept.waits_ms = []

    def _take(self, line: _Invoke | _Complete) -> None:
        if isinstance(line, _Invoke):
            if line.expect == "succeed" and line.op not in self._open:
                self._open[line.op] = _Open(line.due_us)
                self._second(line.due_us).offered += 1
            return
        known = self._open.get(line.op)
        if known is None:
            return
        if not known.answered and line.http_status is not None:
            known.answered = True
            self._second(line.done_us).achieved += 1
        refused = line.http_status in REFUSED and line.http_status not in AGAIN
        if line.outcome == "OK":
            self._end(line.op, known, line.done_us, good=line.done_us - known.due_us <= GIVEN_UP_S * 1e6)
        elif line.outcome == "FAILED" and refused:
            self._end(line.op, known, line.done_us, good=False)

    def _give_up(self, now_us: int) -> None:
        while self._open:
            op, known = next(iter(self._open.items()))
            if known.due_us + GIVEN_UP_S * 1e6 > now_us and len(self._open) <= OPEN_MAX:
                return
            self._end(op, known, int(known.due_us + GIVEN_UP_S * 1e6), good=False)

    def _end(self, op: str, known: _Open, at_us: int, *, good: bool) -> None:
        del self._open[op]
        second = self._second(at_us)
        second.waits_ms.append((at_us - known.due_us) / 1000)
        second.good += good
        second.bad += not good
        self.ended += 1
        self.bad += not good


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Return the quantile of ordered values, by the nearest rank; None of none."""
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) if ordered else None
