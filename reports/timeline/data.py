"""Everything the page's scripts draw, as one JSON-ready value, and what could not be drawn, as sentences."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from harness.core.evidence import Evidence
from harness.core.report import Report
from reports.timeline import gateways, latency, rates, recovery
from reports.timeline.axis import Axis, axis


@dataclass(frozen=True)
class Timeline:
    """`data` for the page's scripts (None where there is no axis) and `missing`: a sentence for each empty chart."""

    axis: Axis | None
    data: dict[str, Any] | None
    missing: dict[str, str]


def timeline(report: Report, evidence: Evidence) -> Timeline:
    """Return the timeline of a run."""
    found = axis(report, evidence)
    if found is None:
        return Timeline(None, None, {"all": "Not collected: the load never began, so there is no timeline."})
    charts: dict[str, Any] = {
        "rates": rates.rates(evidence, found),
        "latency": latency.percentiles(evidence, found),
        "heat": latency.heat(evidence, found),
        "share": gateways.share(evidence, found),
        "breakers": gateways.bands(evidence, found),
    }
    data = {
        "bucket_s": found.bucket_s,
        "seconds": found.seconds,
        **charts,
        "faults": [
            {"name": fault.name, "place": fault.place, "from": fault.from_s, "to": fault.to_s}
            for fault in report.faults
        ],
        "phases": list(_phases(evidence, found)),
        "recovery": recovery.waterfall(report),
    }
    return Timeline(found, data, {name: _sentence(name) for name, value in charts.items() if value is None})


def _sentence(name: str) -> str:
    source = {"share": "attempts and gateway_calls", "breakers": "breaker_transitions"}.get(name, "history")
    return f"Not collected: this run's folder has no {source}."


def _phases(evidence: Evidence, found: Axis) -> Iterable[dict[str, Any]]:
    for event in evidence.events_of("phase"):
        at_s = found.at_s(event.at_us)
        if 0 < at_s < found.end_s:
            yield {"name": str(event.detail.get("name", "")), "at": at_s}
