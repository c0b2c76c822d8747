"""Everything the page's scripts draw, as one JSON-ready value, and what could not be drawn, as sentences."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from harness.core.evidence import Evidence
from harness.core.report import Report
from reports.timeline import alerts, gateways, latency, rates, recovery
from reports.timeline.axis import Axis, axis
from reports.timeline.latency import Heat


class Mark(msgspec.Struct, frozen=True):
    """Where a story is told of."""

    label: str
    at: float | None


class Unmarked(msgspec.Struct, frozen=True):
    """What the scripts are given where there is nothing to draw."""

    marks: tuple[Mark, ...]


class FaultSpan(msgspec.Struct, frozen=True, rename={"from_s": "from", "to_s": "to"}):
    """A fault's window, which all charts shade."""

    name: str
    place: str
    from_s: float
    to_s: float


class PhaseStart(msgspec.Struct, frozen=True):
    """Where a phase of the run begins."""

    name: str
    at: float


class Drawn(msgspec.Struct, frozen=True):
    """What the page's scripts draw, in seconds from the first arrival; None for a chart without evidence."""

    bucket_s: int
    seconds: list[int]
    rates: Mapping[str, Sequence[float | None]] | None
    latency: Mapping[str, Sequence[float | None]] | None
    heat: Heat | None
    share: Mapping[str, Sequence[float | None]] | None
    breakers: list[gateways.Breaker] | None
    alerts: list[alerts.Alert] | None
    faults: list[FaultSpan]
    phases: list[PhaseStart]
    recovery: list[recovery.Waterfall]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Timeline:
    """`data` for the page's scripts (None where there is no axis) and `missing`: a sentence for each empty chart."""

    axis: Axis | None
    data: Drawn | None
    missing: dict[str, str]


def timeline(report: Report, evidence: Evidence) -> Timeline:
    """Return the timeline of a run."""
    found = axis(report, evidence)
    if found is None:
        return Timeline(None, None, {"all": "Not collected: the load never began, so there is no timeline."})
    data = Drawn(
        bucket_s=found.bucket_s,
        seconds=found.seconds,
        rates=rates.rates(evidence, found),
        latency=latency.percentiles(evidence, found),
        heat=latency.heat(evidence, found),
        share=gateways.share(evidence, found),
        breakers=gateways.bands(evidence, found),
        alerts=alerts.bands(evidence, found),
        faults=[FaultSpan(fault.name, fault.place, fault.from_s, fault.to_s) for fault in report.faults],
        phases=list(_phases(evidence, found)),
        recovery=recovery.waterfall(report),
    )
    return Timeline(found, data, {name: _sentence(name) for name in _CHARTS if getattr(data, name) is None})


_CHARTS = ("rates", "latency", "heat", "share", "breakers", "alerts")


def _sentence(name: str) -> str:
    sources = {"share": "attempts and gateway_calls", "breakers": "breaker_transitions", "alerts": "alerts"}
    source = sources.get(name, "history")
    return f"Not collected: this run's folder has no {source}."


def _phases(evidence: Evidence, found: Axis) -> Iterable[PhaseStart]:
    for event in evidence.events_of("phase"):
        at_s = found.at_s(event.at_us)
        if 0 < at_s < found.end_s:
            yield PhaseStart(str(event.detail.get("name", "")), at_s)
