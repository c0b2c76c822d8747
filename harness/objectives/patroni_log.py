"""When Patroni noticed that its primary was gone, and when it had chosen the next one: its own log lines tell.

The nodes' logs are part of a run's folder. They carry local time without a zone, and begin when the run does: the
whole quarters of an hour between their first line and the run's first event are the zone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.core.evidence import Evidence

_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) [A-Z]+: (.*)")
_NOTICED = re.compile(
    r"Primary crashed|Demoting self|demoted self|eader key released|released leader key|removed leader lock"
    r"|received switchover request|switchover: demot|Lock owner: None|Got response from |Request failed to "
    r"|starting primary after failure"
)
_CHOSEN = re.compile(
    r"promoted self to leader|acquired session lock as a leader|starting primary after failure|Leader key acquired"
)
_QUARTER_US = 900_000_000


@dataclass(frozen=True)
class Decision:
    """When a loss was noticed and when the next primary was chosen, in microseconds since the epoch; None: not told."""

    noticed_us: int | None
    chosen_us: int | None


def decision(evidence: Evidence, from_us: int, to_us: int) -> Decision:
    """Return what the nodes' logs say between the begin of a loss and the moment at which writes were possible."""
    told = [line for path in sorted(evidence.folder.glob("logs/pg-*.log")) for line in _lines(evidence, path)]
    noticed = [at_us for at_us, text in told if from_us <= at_us <= to_us and _NOTICED.search(text)]
    chosen = [at_us for at_us, text in told if from_us <= at_us <= to_us and _CHOSEN.search(text)]
    chosen_us = max(chosen, default=None)
    first = min(noticed, default=None)
    return Decision(first if first is None or chosen_us is None else min(first, chosen_us), chosen_us)


def _lines(evidence: Evidence, path: Path) -> Iterator[tuple[int, str]]:
    shift_us: int | None = None
    begin_us = evidence.events[0].at_us if evidence.events else evidence.t0_us
    for line in path.read_text(errors="replace").splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        at_us = int(datetime.fromisoformat(match[1]).replace(tzinfo=UTC).timestamp()) * 1_000_000 + int(match[2]) * 1000
        if shift_us is None:
            shift_us = round((begin_us - at_us) / _QUARTER_US) * _QUARTER_US
        yield at_us + shift_us, match[3]
