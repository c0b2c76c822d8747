"""Did the faults bite? Each is asked for its hits between the moments at which it really was on and off."""

from collections.abc import Sequence

import duckdb

from harness.core.evidence import Evidence
from harness.core.fault import AccountableFault, Bite, Fault, QuietFault, ScheduledFault
from harness.core.judgement import Undecided
from harness.core.report import FaultResult
from harness.judge.stored import read_verdict


def fault_results(evidence: Evidence, scheduled: Sequence[ScheduledFault]) -> tuple[FaultResult, ...]:
    """Return what each scheduled fault did. One that was never injected, or never healed, has no hits."""
    bites = _bites(evidence)
    found = []
    for item in scheduled:
        fault = item.fault
        waiting = bites.get((fault.name, fault.place), [])
        bite = waiting.pop(0) if waiting else None
        from_s, to_s = _span_s(evidence, bite) if bite else (item.window.from_s, item.window.to_s)
        hits, not_known = _hits(evidence, fault, bite) if bite else (0, "")
        found.append(
            FaultResult(
                name=fault.name,
                place=_broken(evidence, fault, bite) if bite else fault.place,
                place_kind=_place_kind(fault.place),
                from_s=from_s,
                to_s=to_s,
                hits=hits,
                settings=dict(fault.settings),
                missed=tuple(fault.missed(evidence, bite)) if bite and isinstance(fault, AccountableFault) else (),
                not_known=not_known,
                why_nothing="" if hits or bite is None else _why_nothing(evidence, fault, bite),
            )
        )
    return tuple(found)


def _broken(evidence: Evidence, fault: Fault, bite: Bite) -> str:
    """Return the links that a fault saw itself break, where it broke some of those that its place may mean."""
    links = [
        str(link)
        for event in evidence.events_of("fault_seen")
        if event.detail.get("fault") == fault.name and bite.from_us <= event.at_us <= bite.to_us
        for link in event.detail.get("links", ())
    ]
    return ", ".join(sorted({*links})) or fault.place


def _hits(evidence: Evidence, fault: Fault, bite: Bite) -> tuple[int, str]:
    """Count hits; where nobody can, return 0 and why. Not knowing is not the same as none.

    A run that was cut short has no books to count in: its doubts say that it was.
    """
    try:
        return fault.hits(evidence, bite), ""
    except Undecided as undecided:
        return 0, str(undecided)
    except duckdb.CatalogException as error:
        if evidence.events_of("interrupted", "stood_still"):
            return 0, ""
        if lost := _lost_table(evidence, str(error)):
            return 0, f"{lost} could not be read"
        raise


def _why_nothing(evidence: Evidence, fault: Fault, bite: Bite) -> str:
    return fault.why_nothing(evidence, bite) if isinstance(fault, QuietFault) else ""


def _lost_table(evidence: Evidence, told: str) -> str:
    """Return the table of the run that a failed query missed, where the run says that it could not be had."""
    unread = {name for event in evidence.events_of("books_saved") for name in event.detail.get("unread") or ()}
    return next((name for name in sorted(unread) if f" {name} " in told), "")


def stored_fault_results(evidence: Evidence) -> tuple[FaultResult, ...]:
    """Return the faults as the run's stored verdict tells them.

    For folders whose scenario or faults no longer exist. Without a stored verdict the windows come from the events, and
    nobody knows the hits: they count as none.
    """
    if (evidence.folder / "verdict.json").is_file():
        return read_verdict(evidence.folder).faults
    planned = {(item["name"], item["place"]): item.get("settings", {}) for item in evidence.plan.get("faults", [])}
    return tuple(
        FaultResult(name, place, _place_kind(place), *_span_s(evidence, Bite(begin, end)), 0, planned[name, place])
        for name, place, begin, end in evidence.fault_windows()
        if (name, place) in planned
    )


def _bites(evidence: Evidence) -> dict[tuple[str, str], list[Bite]]:
    found: dict[tuple[str, str], list[Bite]] = {}
    for name, place, begin, end in evidence.fault_windows():
        found.setdefault((name, place), []).append(Bite(begin, end))
    return found


def _span_s(evidence: Evidence, bite: Bite) -> tuple[float, float]:
    return round((bite.from_us - evidence.t0_us) / 1e6, 3), round((bite.to_us - evidence.t0_us) / 1e6, 3)


def _place_kind(place: str) -> str:
    return "link" if "-to-" in place else "process"
