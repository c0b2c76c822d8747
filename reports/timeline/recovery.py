"""The waterfall of each failover, on the axis that all charts share."""

import msgspec

from harness.core.recovery import Failover, Phase
from harness.core.report import Report
from reports import recovering


class Bar(msgspec.Struct, frozen=True, rename={"from_s": "from", "to_s": "to"}):
    """A phase (seconds; None for an end that is not known), and how long it took, in words."""

    name: str
    from_s: float | None
    to_s: float | None
    took: str


class Waterfall(msgspec.Struct, frozen=True):
    """A loss of the primary."""

    label: str
    bars: list[Bar]


def waterfall(report: Report) -> list[Waterfall]:
    """Return for each loss of the primary its bars; the client's comes last."""
    return [Waterfall(recovering.heading(item), _bars(item)) for item in report.recovery]


def _bars(item: Failover) -> list[Bar]:
    return [_bar(phase) for phase in (*item.phases, item.service)]


def _bar(phase: Phase) -> Bar:
    name = "clients" if phase.name == "service" else phase.name
    return Bar(name, phase.from_s, phase.to_s, recovering.took(phase))
