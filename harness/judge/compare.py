"""What changed between two judgements of one run."""

from collections.abc import Iterator, Mapping

from harness.core.judgement import Finding, ObjectiveResult
from harness.core.report import Report


def compare(old: Report, new: Report) -> tuple[str, ...]:
    """Return what the new judgement says differently, one sentence each; empty when nothing changed."""
    return tuple(_changes(old, new))


def _changes(old: Report, new: Report) -> Iterator[str]:
    if old.verdict is not new.verdict:
        yield f"the verdict was {old.verdict}, now it is {new.verdict}"
    yield from _invariants({item.id: item for item in old.invariants}, {item.id: item for item in new.invariants})
    yield from _objectives({item.name: item for item in old.objectives}, {item.name: item for item in new.objectives})
    for before, after in zip(old.faults, new.faults, strict=False):
        if before.hits != after.hits:
            yield f"fault {after.name} at {after.place}: {before.hits} hits, now {after.hits}"
    if _lost(old) != _lost(new):
        yield f"{_lost(old)} acknowledged payments were told to be lost, now {_lost(new)}"
    if len(old.recovery) != len(new.recovery):
        yield f"{len(old.recovery)} losses of the primary were seen, now {len(new.recovery)}"
    if len(old.faults) != len(new.faults):
        yield f"{len(old.faults)} faults were counted, now {len(new.faults)}"
    yield from (f"no longer said: {reason}" for reason in old.reasons if reason not in new.reasons)
    yield from (f"new: {reason}" for reason in new.reasons if reason not in old.reasons)


def _lost(report: Report) -> int:
    return report.data_loss.payments if report.data_loss else 0


def _invariants(old: Mapping[str, Finding], new: Mapping[str, Finding]) -> Iterator[str]:
    for name, after in new.items():
        before = old.get(name)
        if before is None:
            yield f"{name} was not judged, now it is {after.verdict}"
        elif (before.verdict, before.violations) != (after.verdict, after.violations):
            yield (
                f"{name} was {before.verdict} with {before.violations} violations, "
                f"now it is {after.verdict} with {after.violations}"
            )
        elif before.witness != after.witness:
            yield f"{name} had {before.witness} witnesses, now {after.witness}"
    yield from (f"{name} is no longer judged" for name in old if name not in new)


def _objectives(old: Mapping[str, ObjectiveResult], new: Mapping[str, ObjectiveResult]) -> Iterator[str]:
    for name, after in new.items():
        before = old.get(name)
        if before is None:
            yield f"{after.goal}: was not measured, now {after.verdict} ({after.measured})"
        elif (before.verdict, before.measured) != (after.verdict, after.measured):
            yield f"{after.goal}: was {before.verdict} ({before.measured}), now {after.verdict} ({after.measured})"
    yield from (f"{item.goal}: is no longer measured" for name, item in old.items() if name not in new)
