"""Counts outcomes while a run is under way, by following the history files as they grow."""

import json
from collections import Counter
from pathlib import Path


class Tally:
    """Reads what the load has recorded since the last look. Cheap: it keeps an offset into each file."""

    def __init__(self, raw: Path) -> None:
        self._raw = raw
        self._offsets: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()

    def look(self) -> Counter[str]:
        """Return how many attempts ended OK, FAILED and UNKNOWN so far."""
        for path in self._raw.glob("history-*.jsonl"):
            with path.open("rb") as file:
                file.seek(self._offsets[path.name])
                fresh = file.read()
            whole = fresh[: fresh.rfind(b"\n") + 1]
            self._offsets[path.name] += len(whole)
            for line in whole.splitlines():
                self._count(line)
        return self.outcomes

    def _count(self, line: bytes) -> None:
        if b'"complete"' in line:
            self.outcomes[json.loads(line).get("outcome", "UNKNOWN")] += 1
