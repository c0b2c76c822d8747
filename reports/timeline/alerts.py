"""How the runbook's alerts stood, second by second: inactive, pending (bad, but not for long enough yet), firing."""

from itertools import pairwise

import msgspec

from harness.core.evidence import Evidence
from reports.tables import holds
from reports.timeline.axis import Axis
from reports.timeline.gateways import Band

_WORST = {"inactive": 0, "pending": 1, "firing": 2}


class Alert(msgspec.Struct, frozen=True):
    """An alert with its states: at each moment that of its worst rule."""

    label: str
    bands: list[Band]


def bands(evidence: Evidence, axis: Axis) -> list[Alert] | None:
    """Return each alert's states as bands of the axis; None where nothing was collected."""
    if not holds(evidence, "alerts", "alert", "metric", "severity", "state", "at_us"):
        return None
    rules: dict[str, dict[tuple[str, str], str]] = {}
    steps: dict[str, list[tuple[float, str]]] = {}
    for row in evidence.rows("SELECT at_us, alert, metric, severity, state FROM alerts ORDER BY at_us"):
        alert = str(row["alert"])
        standing = rules.setdefault(alert, {})
        standing[str(row["metric"]), str(row["severity"])] = str(row["state"])
        worst = max(standing.values(), key=lambda state: _WORST.get(state, 0))
        steps.setdefault(alert, [(0.0, "inactive")]).append((axis.at_s(int(str(row["at_us"]))), worst))
    return [Alert(alert, _bands(axis, found)) for alert, found in steps.items()]


def _bands(axis: Axis, steps: list[tuple[float, str]]) -> list[Band]:
    edges = [*((min(max(at_s, 0.0), axis.end_s), state) for at_s, state in steps), (float(axis.end_s), "")]
    found: list[Band] = []
    for (begin, state), (end, _) in pairwise(edges):
        if end <= begin:
            continue
        if found and found[-1].state == state:
            found[-1] = Band(found[-1].from_s, end, state)
        else:
            found.append(Band(begin, end, state))
    return found
