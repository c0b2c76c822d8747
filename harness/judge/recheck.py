"""Judges a stored run again, from its folder alone, with nothing running."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from harness.core.errors import UsageError
from harness.core.evidence import Evidence, LackingColumn
from harness.core.fault import ScheduledFault
from harness.core.judgement import Invariant
from harness.core.report import Report
from harness.judge.compare import compare
from harness.judge.hits import fault_results, stored_fault_results
from harness.judge.in_parts import catalogue_in_parts
from harness.judge.judging import judge
from harness.judge.reporting import build_report
from harness.judge.stored import VERDICT_FILE, read_verdict
from harness.objectives import objective_named


@dataclass(frozen=True)
class Recheck:
    """The stored report (None where there was none to read), the new one, and what changed between them."""

    before: Report | None
    now: Report
    changes: tuple[str, ...]


def recheck(
    folder: Path,
    *,
    judged_at: str,
    judged_by: str,
    scheduled: Sequence[ScheduledFault] | None = None,
    parts: int | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Recheck:
    """Judge a run's folder again. Writes nothing.

    What had to hold and what was promised comes from the run's own plan. `scheduled` are the scenario's faults, to
    count their hits anew; None where the scenario is not found: then the stored hits are believed. With `parts`, the
    run is judged in so many (`in_parts`), and `say` hears how far that is. Raises `UsageError` for a folder that is
    damaged or is none of a run.
    """
    try:
        invariants = None if parts is None else catalogue_in_parts(folder, parts, say)
        now = _judged(folder, judged_at, judged_by, scheduled, invariants)
    except (duckdb.Error, LackingColumn, KeyError) as error:
        raise _foreign(folder, error) from error
    before = _verdict_before(folder)
    return Recheck(before, now, compare(before, now) if before else ())


def _judged(
    folder: Path,
    judged_at: str,
    judged_by: str,
    scheduled: Sequence[ScheduledFault] | None,
    invariants: Sequence[Invariant] | None,
) -> Report:
    with Evidence(folder) as evidence:
        _check_plan(evidence)
        faults = (
            stored_fault_results(evidence)
            if scheduled is None or _counted_otherwise(evidence)
            else fault_results(evidence, scheduled)
        )
        judgement = judge(
            evidence,
            must_hold=[str(item) for item in evidence.plan["must_hold"]],
            should_meet=[objective_named(str(name)) for name in evidence.plan["should_meet"]],
            faults=faults,
            invariants=invariants,
        )
        return build_report(evidence, judgement, judged_at=judged_at, judged_by=judged_by)


def _counted_otherwise(evidence: Evidence) -> bool:
    """Tell whether the run is older than the simulators' own count of hits: what was counted then is believed."""
    return not {"gateway_fault_hits"} & (evidence.tables | evidence.not_given)


def _verdict_before(folder: Path) -> Report | None:
    """Return the stored report; None where there is none, or none that can be read: it decides nothing."""
    if not (folder / VERDICT_FILE).is_file():
        return None
    try:
        return read_verdict(folder)
    except UsageError:
        return None


def _foreign(folder: Path, error: Exception) -> UsageError:
    """Return what to say of a folder whose tables or events are not as `docs/evidence.md` says."""
    told = str(error).splitlines()[0] if str(error) else type(error).__name__
    what = f"a field is missing: {told}" if isinstance(error, KeyError) else told
    return UsageError(
        f"{folder} cannot be judged: {what}",
        hint="docs/evidence.md lists the tables and their columns; a damaged or foreign run must be made again",
    )


def _check_plan(evidence: Evidence) -> None:
    wanted = ("scenario", "seed", "t0_us", "load", "must_hold", "should_meet")
    missing = [name for name in wanted if name not in evidence.plan]
    load = evidence.plan.get("load")
    if not missing and (not isinstance(load, dict) or not {"rate_per_s", "duration_s"} <= load.keys()):
        missing = ["load.rate_per_s, load.duration_s"]
    if missing:
        raise UsageError(
            f"{evidence.folder / 'plan.json'} lacks {', '.join(missing)}",
            hint="give a folder that `faultline run` made",
        )
