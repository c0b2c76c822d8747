"""Counts operations while a run is under way, by following the history files as they grow.

An operation is here what it is in the report: with all its attempts OK where one succeeded, unknown where none did and
one is in doubt, else failed. An operation that has no answer yet is none of these.
"""

import json
from collections import Counter
from pathlib import Path

_RANK = {"FAILED": 0, "UNKNOWN": 1, "OK": 2}


class Tally:
    """Reads what the load has recorded since the last look. Cheap: it keeps an offset into each file."""

    def __init__(self, raw: Path) -> None:
        self._raw = raw
        self._offsets: Counter[str] = Counter()
        self._known: dict[str, str] = {}
        self.outcomes: Counter[str] = Counter()

    def look(self) -> Counter[str]:
        """Return how many operations are OK, FAILED and UNKNOWN by what is known so far."""
        for path in self._raw.glob("history-*.jsonl"):
            with path.open("rb") as file:
                file.seek(self._offsets[path.name])
                fresh = file.read()
            whole = fresh[: fresh.rfind(b"\n") + 1]
            self._offsets[path.name] += len(whole)
            for line in whole.splitlines():
                self._count(line)
        return self.outcomes

    @property
    def words(self) -> str:
        """What was counted, for the progress line."""
        seen = self.outcomes
        return f"operations: ok {seen['OK']}  failed {seen['FAILED']}  unknown {seen['UNKNOWN']}"

    def _count(self, line: bytes) -> None:
        if b'"complete"' not in line:
            return
        record = json.loads(line)
        op, outcome = str(record.get("op")), str(record.get("outcome", "UNKNOWN"))
        before = self._known.get(op)
        if before is not None and _RANK[before] >= _RANK.get(outcome, 1):
            return
        self._known[op] = outcome
        self.outcomes[outcome] += 1
        if before is not None:
            self.outcomes[before] -= 1
