"""A judgement and the run's plan make a report."""

from collections.abc import Mapping

from harness.core.evidence import Evidence
from harness.core.report import Report
from harness.judge.crashing import crashes
from harness.judge.judging import Judgement
from harness.judge.stored import read_effect
from harness.objectives.single_copy import single_copy
from harness.objectives.starvation import starvation

SCHEMA_VERSION = 1
"""Of `verdict.json`. It grows when a field changes its meaning or goes away."""


def build_report(evidence: Evidence, judgement: Judgement, *, judged_at: str, judged_by: str) -> Report:
    """Return the report. `judged_at` is a time in UTC (ISO 8601), `judged_by` names the judge and its version."""
    plan = evidence.plan
    return Report(
        schema_version=SCHEMA_VERSION,
        run_id=str(plan.get("run_id", evidence.folder.name)),
        scenario=str(plan["scenario"]),
        title=str(plan.get("title", plan["scenario"])),
        claim=_claim(evidence),
        target=str(plan.get("target", "")),
        seed=int(plan["seed"]),
        bug=plan.get("bug") or None,
        bug_reached=judgement.bug_reached,
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        invariants=judgement.invariants,
        objectives=judgement.objectives,
        faults=judgement.faults,
        load=judgement.load,
        settings={
            **{
                group: {key: str(value) for key, value in values.items()}
                for group, values in plan.get("settings", {}).items()
            },
            **_machine(evidence),
        },
        started_at=str(plan.get("started_at", "")),
        judged_at=judged_at,
        judged_by=judged_by,
        repeat=str(plan.get("repeat", "")),
        data_loss=judgement.data_loss,
        recovery=judgement.recovery,
        crashes=crashes(evidence),
        single_copy=single_copy(evidence),
        effect=read_effect(evidence.folder),
    )


def _claim(evidence: Evidence) -> str:
    """Return the scenario's claim, and what it does not cover on a database that goes on with one copy."""
    claim = str(evidence.plan.get("claim", ""))
    if single_copy(evidence) is None:
        return claim
    return f"{claim} (But with this database: without a standby, what is acknowledged is in one place only.)"


def _machine(evidence: Evidence) -> Mapping[str, Mapping[str, str]]:
    """Return what was measured of the machine under the load, in words; nothing where nobody watched it."""
    found = starvation(evidence)
    if found is None:
        return {}
    span = f"for {found.seconds:.1f} s of the load"
    starved = (span if found.known else f"perhaps {span}") if found.seconds else "never"
    return {"machine": {"starved of processors": starved, "while the load ran": found.figures}}
