"""The waterfall of each failover, on the axis that all charts share."""

from typing import Any

from harness.core.recovery import Failover, Phase
from harness.core.report import Report
from reports import recovering


def waterfall(report: Report) -> list[dict[str, Any]]:
    """Return for each loss of the primary its bars: `name`, `from`, `to` (seconds; null where not known), `took`.

    The client's bar comes last.
    """
    return [{"label": recovering.heading(item), "bars": _bars(item)} for item in report.recovery]


def _bars(item: Failover) -> list[dict[str, Any]]:
    return [_bar(phase) for phase in (*item.phases, item.service)]


def _bar(phase: Phase) -> dict[str, Any]:
    name = "clients" if phase.name == "service" else phase.name
    return {"name": name, "from": phase.from_s, "to": phase.to_s, "took": recovering.took(phase)}
