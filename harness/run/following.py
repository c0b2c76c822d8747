"""What has become of every operation of a load so far, read from the history files as they grow.

An operation counts from when its first request was due, with all its retries. It is good when one of them succeeded. It
is bad when nothing had succeeded `GIVEN_UP_S` after it was due, or when it was refused for good. Until then its end is
not known, but how long it has waited is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

GIVEN_UP_S = 5.0
"""Whoever got nothing by then has got nothing, whatever comes later: a request is given up after as long."""
REFUSED = range(400, 500)
AGAIN = frozenset({409, 425, 429})
"""Refusals that say "not now": they are asked again."""


class _Invoke(msgspec.Struct, tag_field="e", tag="invoke"):
    op: str
    attempt: int
    kind: str
    expect: str
    due_us: int
    sent_us: int


class _Complete(msgspec.Struct, tag_field="e", tag="complete"):
    op: str
    attempt: int
    done_us: int
    outcome: str
    http_status: int | None = None
    definite: bool | None = None


_decode = msgspec.json.Decoder(_Invoke | _Complete).decode


@dataclass
class Followed:
    """One operation: when it was due and first sent, how many of its requests are open, and when it succeeded or was
    refused for good (None: neither so far). Times are microseconds since the epoch."""

    due_us: int
    sent_us: int
    expect: str
    open: int = 0
    ok_us: int | None = None
    refused_us: int | None = None

    def wait_ms(self, now_us: int) -> float:
        """Return how long it took, or has taken so far."""
        ended = [at for at in (self.ok_us, self.refused_us) if at is not None]
        return (min(ended, default=now_us) - self.due_us) / 1000

    def failed(self, now_us: int) -> bool | None:
        """Tell whether it came to nothing; None while nobody can know."""
        if self.ok_us is not None:
            return self.ok_us - self.due_us > GIVEN_UP_S * 1e6
        if self.refused_us is not None or now_us - self.due_us > GIVEN_UP_S * 1e6:
            return True
        return None


class Follower:
    """Reads what the load has recorded since the last look. Cheap: it keeps an offset into each file."""

    def __init__(self, raw: Path) -> None:
        self._raw = raw
        self._offsets: dict[str, int] = {}
        self._by_op: dict[str, Followed] = {}
        self.operations: list[Followed] = []
        """All that should succeed, in the order in which they were first sent."""
        self.in_flight = 0
        """Requests without an answer, of every kind."""

    def look(self) -> None:
        """Read on."""
        for path in sorted(self._raw.glob("history-*.jsonl")):
            for line in self._fresh(path):
                try:
                    self._take(_decode(line))
                except msgspec.MsgspecError:
                    continue  # a line of another kind, or one that a dying worker tore: the merge counts those

    def since(self, from_us: int, until_us: int) -> Sequence[Followed]:
        """Return the operations that were due from `from_us` on and before `until_us`."""
        return [item for item in self.operations if from_us <= item.due_us < until_us]

    def _fresh(self, path: Path) -> Iterator[bytes]:
        with path.open("rb") as file:
            file.seek(self._offsets.get(path.name, 0))
            fresh = file.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._offsets[path.name] = self._offsets.get(path.name, 0) + len(whole)
        yield from whole.splitlines()

    def _take(self, line: _Invoke | _Complete) -> None:
        if isinstance(line, _Invoke):
            self.in_flight += 1
            known = self._by_op.get(line.op)
            if known is None:
                known = self._by_op[line.op] = Followed(line.due_us, line.sent_us, line.expect)
                if line.expect == "succeed":
                    self.operations.append(known)
            known.open += 1
            return
        self.in_flight -= 1
        known = self._by_op.get(line.op)
        if known is None:
            return
        known.open -= 1
        if line.outcome == "OK" and known.ok_us is None:
            known.ok_us = line.done_us
        elif line.outcome == "FAILED" and line.http_status in REFUSED and line.http_status not in AGAIN:
            known.refused_us = line.done_us
