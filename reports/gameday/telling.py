"""A game day told in order: what people said and did, beside when faults were really on and what the platform did."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.core.evidence import Evidence
from harness.core.report import Report
from harness.gameday.book import Entry, EntryKind, read_book

SAID = frozenset({EntryKind.NOTE, EntryKind.OBSERVATION, EntryKind.HYPOTHESIS, EntryKind.CLOCK})
_WORDS = {
    EntryKind.JOINED: "takes part",
    EntryKind.NOTE: "note",
    EntryKind.HYPOTHESIS: "expects",
    EntryKind.INJECTED: "injects",
    EntryKind.RENEWED: "renews",
    EntryKind.HEALED: "heals",
    EntryKind.OBSERVATION: "observed",
    EntryKind.STOPPED: "STOPS everything",
    EntryKind.RELEASED: "releases",
    EntryKind.CLOCK: "incident",
    EntryKind.PAGED: "pages",
    EntryKind.ENDED: "ends the day",
}


@dataclass(frozen=True)
class Row:
    """One line of the day. `said` is whether people said it, rather than did it or the platform."""

    at_s: float
    by: str
    what: str
    text: str
    said: bool = False


def day_of(report: Report, evidence: Evidence) -> Sequence[Row]:
    """Return the day in order; nothing where the run was none."""
    entries = read_book(evidence.folder)
    if not entries:
        return []
    rows = [_entry(item, evidence.t0_us) for item in entries]
    for fault in report.faults:
        rows.append(Row(fault.from_s, "", "fault on", f"{fault.name} at {fault.place}"))
        rows.append(Row(fault.to_s, "", "fault off", f"{fault.name} at {fault.place}: {fault.hits} hits, healed"))
    for event in evidence.events_of("breaker"):
        told = f"{event.detail['gateway']} {event.detail['operation_class']}: {event.detail['to_state']}"
        rows.append(Row(_at_s(event.at_us, evidence.t0_us), "", "breaker", told))
    return sorted(rows, key=lambda row: row.at_s)


def _entry(item: Entry, t0_us: int) -> Row:
    text = " ".join(filter(None, (f"{item.about}:" if item.about else "", item.text)))
    return Row(_at_s(item.at_us, t0_us), item.by, _WORDS[item.kind], text, item.kind in SAID)


def _at_s(at_us: int, t0_us: int) -> float:
    return round((at_us - t0_us) / 1e6, 3)
