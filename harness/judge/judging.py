"""The verdict on one run.

FAIL: any invariant is violated, required or not, or a promise with a number is missed. Else INCONCLUSIVE: a required
invariant was not put to the test, a promise could not be measured, or there is any doubt about the run. Else PASS.

A target that is not ours may not give the evidence that an invariant needs. That one is then not judged, and all
reports say so. It alone does not leave the run open, or no such system could ever pass; but a PASS with anything not
judged needs the `CORE` to have held.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.core.evidence import Evidence, LackingColumn
from harness.core.judgement import Finding, Invariant, Objective, ObjectiveResult
from harness.core.recovery import DataLoss, Failover
from harness.core.report import FaultResult, LoadResult
from harness.core.verdicts import Verdict, worst
from harness.invariants import catalogue, pick
from harness.judge.accounting import load_result
from harness.judge.doubts import bug_reached, doubts, interrupted
from harness.judge.findings import find, times
from harness.objectives.certificate import generator_faults
from harness.objectives.losses import data_loss
from harness.objectives.moves import moves
from harness.objectives.phases import recoveries
from harness.objectives.starvation import proxy_faults, starvation_faults

CORE = ("I1", "I3")
"""Nobody is charged twice, and what was promised was charged: without these two, no other finding is worth a PASS."""

TIMED = ("alert_", "availability", "latency", "no_alert", "recovered", "rto", "switched")
"""Promises about time: a load generator that was itself late can neither keep nor break them."""

PLATFORMS_OWN = ("drained", "unknowns_resolved")
"""Promises about time that the platform keeps by itself, whenever its clients come."""

WAITING = (*TIMED, *PLATFORMS_OWN)
"""Promises that the platform misses where nobody gives it a processor, or its link proxy stands still."""


@dataclass(frozen=True)
class Judgement:
    """What the judge says, apart from who asked and when."""

    verdict: Verdict
    reasons: tuple[str, ...]
    invariants: tuple[Finding, ...]
    objectives: tuple[ObjectiveResult, ...]
    faults: tuple[FaultResult, ...]
    load: LoadResult
    bug_reached: int | None
    data_loss: DataLoss | None = None
    recovery: tuple[Failover, ...] = ()


def judge(
    evidence: Evidence,
    *,
    must_hold: Sequence[str],
    should_meet: Sequence[Objective],
    faults: Sequence[FaultResult],
    invariants: Sequence[Invariant] | None = None,
) -> Judgement:
    """Judge a run by its evidence alone.

    `must_hold` are the ids of the invariants that the run had to put to the test (all others are judged too);
    `invariants` defaults to the whole catalogue. Raises `UsageError` for an id that does not exist.
    """
    judged = catalogue() if invariants is None else tuple(invariants)
    if not {item.id for item in judged}.issuperset(must_hold):
        pick(*must_hold)
    excuses = {True: _excuse(evidence, TIMED[0]), False: _excuse(evidence, PLATFORMS_OWN[0])}
    findings = tuple(
        find(evidence, item, required=item.id in must_hold, excuse=excuses[item.kind == "liveness"]) for item in judged
    )
    objectives = tuple(measure(evidence, item) for item in should_meet)
    if interrupted(evidence):
        findings, objectives = tuple(map(_open_finding, findings)), tuple(map(_open_objective, objectives))
    load = load_result(evidence)
    doubted = [*doubts(evidence, load, faults), *_hollow(findings)]
    doubted += _starved(doubted, findings, objectives, evidence)
    verdict = worst(
        [
            Verdict.PASS,
            *(item.verdict for item in findings if (item.required and item.judged) or item.verdict is Verdict.FAIL),
            *(item.verdict for item in objectives if item.judged),
            *(Verdict.INCONCLUSIVE for _ in doubted),
        ]
    )
    reasons = (*_finding_reasons(findings), *_objective_reasons(objectives), *doubted)
    return Judgement(
        verdict=verdict,
        reasons=reasons,
        invariants=findings,
        objectives=objectives,
        faults=tuple(faults),
        load=load,
        bug_reached=bug_reached(evidence),
        data_loss=_data_loss(evidence, findings),
        recovery=recoveries(evidence),
    )


def _hollow(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield a doubt where too much is not judged for a PASS to mean anything."""
    if any(item.required and not item.judged for item in findings):
        weak = [item.id for item in findings if item.id in CORE and item.verdict is Verdict.INCONCLUSIVE]
        if weak:
            yield f"{' and '.join(weak)} must hold where anything demanded is not judged, and did not show that"


def _data_loss(evidence: Evidence, findings: Sequence[Finding]) -> DataLoss | None:
    """Return the account of lost payments where there is one to give: a primary was lost, or I2 is violated."""
    violated = any(item.id == "I2" and item.violations for item in findings)
    return data_loss(evidence) if violated or moves(evidence) else None


def measure(evidence: Evidence, objective: Objective) -> ObjectiveResult:
    """Measure one promise: PASS when met, FAIL when missed, INCONCLUSIVE when there was nothing to measure."""
    if not evidence.has("history"):
        return ObjectiveResult(
            objective.name, objective.goal, "the clients' history is missing", None, Verdict.INCONCLUSIVE
        )
    if lacking := [name for name in objective.needs if name in evidence.not_given]:
        told = f"not judged: the target does not give {', '.join(lacking)}"
        return ObjectiveResult(objective.name, objective.goal, told, None, Verdict.INCONCLUSIVE, judged=False)
    try:
        measured = objective.measure(evidence)
    except LackingColumn as lacking:
        return ObjectiveResult(objective.name, objective.goal, f"missing: {lacking}", None, Verdict.INCONCLUSIVE)
    verdict = Verdict.PASS if measured.met else Verdict.FAIL
    if measured.value is None:
        verdict = Verdict.INCONCLUSIVE
    text = measured.text
    if verdict is Verdict.FAIL and measured.excusable and (excuse := _excuse(evidence, objective.name)):
        verdict, text = Verdict.INCONCLUSIVE, f"{text}, but {excuse}"
    return ObjectiveResult(objective.name, objective.goal, text, measured.value, verdict)


def _excuse(evidence: Evidence, promise: str) -> str:
    """Return why a missed promise about time blames nobody: late load, a starved machine, a proxy that stood still.

    Empty where there is no such reason. Safety has no excuse: what must never happen must not happen late either.
    """
    if promise.startswith(TIMED) and generator_faults(evidence):
        return "the load itself was not on time"
    if promise.startswith(WAITING):
        return "; ".join([*proxy_faults(evidence), *starvation_faults(evidence)])
    return ""


def _starved(
    doubted: Sequence[str], findings: Sequence[Finding], objectives: Sequence[ObjectiveResult], evidence: Evidence
) -> list[str]:
    """Return the machine's state where it was the reason to leave anything open, demanded or not.

    It may be that of any doubt: processes that need twenty seconds to start leave faults without a hit, crash points
    that nobody came to, and no load after the last heal.
    """
    said = [*(item.reason for item in findings), *(item.measured for item in objectives)]
    found = starvation_faults(evidence)
    return [sentence for sentence in found if doubted or any(sentence in text for text in said)]


_HALF = "not to be told from half a run"
"""A partial history may break what the whole one keeps, so a FAIL of it is left open."""


def _open_finding(item: Finding) -> Finding:
    if item.verdict is not Verdict.FAIL:
        return item
    return replace(item, verdict=Verdict.INCONCLUSIVE, reason=f"{_HALF}: violated {times(item.violations)} in it")


def _open_objective(item: ObjectiveResult) -> ObjectiveResult:
    if item.verdict is not Verdict.FAIL:
        return item
    return replace(item, verdict=Verdict.INCONCLUSIVE, measured=f"{item.measured}, {_HALF}")


def _finding_reasons(findings: Sequence[Finding]) -> list[str]:
    failed = [item for item in findings if item.verdict is Verdict.FAIL]
    open_ = [item for item in findings if item.verdict is Verdict.INCONCLUSIVE and item.required and item.judged]
    return [
        *(f"{item.id} is violated {times(item.violations)}: {item.sentence}" for item in failed),
        *(f"{item.id} was demanded, but is {item.reason}" for item in open_),
    ]


def _objective_reasons(objectives: Sequence[ObjectiveResult]) -> list[str]:
    said = {Verdict.FAIL: "missed", Verdict.INCONCLUSIVE: "could not be measured"}
    return [
        f"{item.goal}: {said[item.verdict]} ({item.measured})"
        for item in objectives
        if item.verdict in said and item.judged
    ]
