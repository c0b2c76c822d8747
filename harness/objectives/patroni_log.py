"""When Patroni noticed that its primary was gone, and when it had chosen the next one: its own log lines tell.

The nodes' logs are part of a run's folder.
"""

import re
from dataclasses import dataclass

from harness.core.evidence import Evidence
from harness.core.node_log import lines

_NOTICED = re.compile(
    r"Primary crashed|Demoting self|demoted self|eader key released|released leader key|removed leader lock"
    r"|received switchover request|switchover: demot|Lock owner: None|Got response from |Request failed to "
    r"|starting primary after failure"
)
_CHOSEN = re.compile(
    r"promoted self to leader|acquired session lock as a leader|starting primary after failure|Leader key acquired"
)


@dataclass(frozen=True)
class Decision:
    """When a loss was noticed and when the next primary was chosen, in microseconds since the epoch; None: not told."""

    noticed_us: int | None
    chosen_us: int | None


def decision(evidence: Evidence, from_us: int, to_us: int) -> Decision:
    """Return what the nodes' logs say between the begin of a loss and the moment at which writes were possible."""
    begin_us = evidence.events[0].at_us if evidence.events else evidence.t0_us
    logs = [path.read_text(errors="replace") for path in sorted(evidence.folder.glob("logs/pg-*.log"))]
    told = [line for log in logs for line in lines(log, begin_us)]
    noticed = [at_us for at_us, text in told if from_us <= at_us <= to_us and _NOTICED.search(text)]
    chosen = [at_us for at_us, text in told if from_us <= at_us <= to_us and _CHOSEN.search(text)]
    chosen_us = max(chosen, default=None)
    first = min(noticed, default=None)
    return Decision(first if first is None or chosen_us is None else min(first, chosen_us), chosen_us)
