"""A survey of a system's capacity: one search after another on one warm platform, each judged, then all summed up."""

import importlib
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import msgspec

from harness.capacity.binding import POOL, binding
from harness.capacity.cases import HEALTHY, Case
from harness.capacity.report import CapacityReport, CaseResult, Kind
from harness.capacity.scaling import Point, Scaling, fit
from harness.capacity.search import Bounds
from harness.capacity.slo import Slo
from harness.capacity.summing import answer_of, row_of, verdict_of
from harness.core.errors import Interrupted
from harness.core.evidence import Evidence
from harness.core.fault import ScheduledFault, Window
from harness.core.judgement import Invariant
from harness.core.load import Load
from harness.core.scenario import Scenario
from harness.core.target import Progress
from harness.core.verdicts import Verdict
from harness.judge.doubts import safety_doubts
from harness.judge.hits import fault_results
from harness.objectives.starvation import Sampled
from harness.run.partial import conclude_partial
from harness.run.plan import RunPlan, make_folder
from harness.run.rendering import version
from harness.run.searching import Searching, Span
from harness.run.session import Done, Session
from harness.statistics import Interval
from harness.workspace import write_atomic

NOMINAL_PER_S = 100.0
"""The rate that a steered plan is drawn at; it is offered faster or slower."""
LONGEST_S = 7_200.0
DOCUMENT = "capacity.json"


@dataclass(frozen=True)
class Survey:
    """What is asked: which cases, in which order (the first with nothing broken), and within which bounds each."""

    folder: Path
    target: str
    workload: str
    mix: Mapping[str, float]
    slo: Slo
    bounds: Bounds
    cases: Sequence[Case]
    seed: int
    repeat: str
    must_hold: Sequence[Invariant]
    load_workers: int = 1
    peak_per_s: float | None = None
    settings: Mapping[str, str] | None = None
    not_given: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """Flows of the workload that the target has no words for."""
    replicas: int = 0
    """How many API replicas the platform has when nothing is broken."""
    scaling_asked: bool = False


class Surveyor:
    """Carries a survey out. `report` is what is known, at any moment."""

    def __init__(self, survey: Survey, session: Session, progress: Progress) -> None:
        self._survey = survey
        self._session = session
        self._progress = progress
        self._results: list[CaseResult] = []
        self._began_s = time.monotonic()
        self._started_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._environment: Mapping[str, Mapping[str, str]] = {}

    def carry_out(self) -> CapacityReport:
        """Make every search. An interruption ends it after what is known has been written."""
        for number, case in enumerate(self._survey.cases, start=1):
            self._progress(f"search {number} of {len(self._survey.cases)}: {case.title}")
            self._search(case)
        return self._write(interrupted=False)

    def _search(self, case: Case) -> None:
        survey = self._survey
        conductor = Searching(survey.slo, survey.bounds, aftermath=case.name == HEALTHY, replicas=case.replicas)
        plan = self._plan(case)
        try:
            done = self._session.run(plan, conductor)
        except Interrupted as stopped:
            done_so_far = conclude_partial(plan, stopped)
            self._results.append(self._result(case, conductor, plan, done_so_far, interrupted=True))
            report = self._write(interrupted=True)
            told = (
                f"interrupted ({stopped.name}): everything is healed; what is known: {survey.folder / 'capacity.html'}"
            )
            raise Interrupted(stopped.signum, told, {"verdict": report.verdict}) from stopped
        self._environment = self._session.facts
        self._results.append(self._result(case, conductor, plan, done, interrupted=False))

    def _plan(self, case: Case) -> RunPlan:
        survey = self._survey
        faults = tuple(ScheduledFault(item, Window(0.0, LONGEST_S)) for item in case.faults)
        scenario = Scenario(
            title=f"Capacity: {case.title}",
            claim=f"However much is asked of it, no money goes wrong ({case.title}).",
            load=Load(NOMINAL_PER_S, LONGEST_S, survey.mix, minimum_ok=0 if case.must_be_none else 20),
            must_hold=survey.must_hold,
            faults=faults,
            platform=survey.settings or {},
        )
        return RunPlan(
            scenario_name=f"capacity-{case.name}",
            story="The load goes up until the SLO is broken, and finds the rate at which it just is not.",
            scenario=scenario,
            seed=survey.seed,
            bug=None,
            target=survey.target,
            folder=make_folder(survey.folder / "runs", f"capacity-{case.name}", survey.seed),
            load_workers=survey.load_workers,
            repeat=survey.repeat,
            not_given=survey.not_given,
            left_out=survey.left_out,
        )

    def _result(
        self, case: Case, conductor: Searching, plan: RunPlan, done: Done | None, *, interrupted: bool
    ) -> CaseResult:
        found, slo = conductor.found, self._survey.slo
        probes = [*found.probes, *conductor.more]
        spans = list(conductor.spans)
        with Evidence(plan.folder) as evidence:
            counts = [_counts(evidence, span) for span in spans]
            results = fault_results(evidence, plan.scenario.faults) if done else []
            doubts = safety_doubts(evidence, results) if done else ["nothing was judged"]
        loads = [averages(conductor.samples, span) for span in spans]
        rows = tuple(
            row_of(probe, slo, load, refusals=count[0], breakers=count[1])
            for probe, load, count in zip(probes, loads, counts, strict=False)
        )
        answer = answer_of(found, self._survey.bounds.ceiling_per_s, interrupted=interrupted)
        violated = [item.id for item in done.report.invariants if item.verdict is Verdict.FAIL] if done else []
        limit = answer.estimate_per_s if answer.kind is Kind.LIMIT else answer.lo_per_s
        return CaseResult(
            name=case.name,
            title=case.title,
            answer=answer,
            judged=Verdict.FAIL if violated else Verdict.INCONCLUSIVE if doubts else Verdict.PASS,
            rows=rows,
            binding=binding([(row.rate_per_s, row.loads) for row in rows], limit or None, self._pool),
            load_s=found.load_s,
            reasons=tuple(found.reasons),
            violated=tuple(violated),
            doubts=tuple(doubts),
            aftermath=conductor.aftermath,
            ratio=self._ratio(limit),
            replicas=case.of_replicas,
            must_be_none=case.must_be_none,
            run=str(plan.folder.relative_to(self._survey.folder)),
        )

    @property
    def _pool(self) -> int:
        return int((self._survey.settings or {}).get("database_pool", POOL))

    def _ratio(self, limit: float | None) -> float | None:
        if not self._results or limit is None:
            return None
        healthy = self._results[0].answer.estimate_per_s
        return limit / healthy if healthy else None

    def _write(self, *, interrupted: bool) -> CapacityReport:
        survey = self._survey
        verdict, reasons = verdict_of(self._results, interrupted=interrupted)
        report = CapacityReport(
            name=survey.folder.name,
            started_at=self._started_at,
            target=survey.target,
            workload=survey.workload,
            slo=survey.slo.words,
            seed=survey.seed,
            verdict=verdict,
            reasons=reasons,
            cases=tuple(self._results),
            ceiling_per_s=survey.bounds.ceiling_per_s,
            wall_s=time.monotonic() - self._began_s,
            repeat=survey.repeat,
            made_by=version(),
            environment=self._environment,
            scaling=self._scaling() if survey.scaling_asked else None,
            peak_per_s=survey.peak_per_s,
        )
        write_report(report, survey.folder)
        return report

    def _scaling(self) -> Scaling:
        points = [
            Point(
                item.replicas or self._survey.replicas,
                Interval(told.estimate_per_s, told.lo_per_s, told.hi_per_s, told.confidence),
            )
            for item in self._results
            if (item.replicas or item.name == HEALTHY)
            and (told := item.answer).kind is Kind.LIMIT
            and told.estimate_per_s is not None
            and told.lo_per_s is not None
            and told.hi_per_s is not None
        ]
        return fit(points)


def write_report(report: CapacityReport, folder: Path) -> None:
    """Write a report in every form there is into its folder."""
    document = msgspec.to_builtins(report)
    write_atomic(folder / DOCUMENT, json.dumps(_finite(document), indent=2) + "\n")
    importlib.import_module("reports.capacity").write_all(report, folder)


def _finite(value: object) -> object:
    """Return a document in which what is no finite number is null, as JSON has it."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def averages(samples: Sequence[Sampled], span: Span) -> Mapping[str, float]:
    """Return the average of each metric while a rate was offered, by `cpu:<process>`, `machine:*` and `database:*`."""
    seen: dict[str, list[float]] = {}
    for at_us, process, metric, value in tuple(samples):
        constant = metric == "cores"
        if not constant and not span.from_us + 1_000_000 <= at_us <= span.to_us:
            continue
        if metric == "cpu_share":
            seen.setdefault(f"cpu:{process}", []).append(value)
        elif process in ("machine", "database"):
            seen.setdefault(f"{process}:{metric}", []).append(value)
    return {name: round(fmean(values), 4) for name, values in seen.items()}


def _counts(evidence: Evidence, span: Span) -> tuple[int, int]:
    """Return how many answers asked to come again later (429, 503), and how often a breaker changed its state."""
    refusals = 0
    if evidence.has("history"):
        refusals = evidence.count(
            "SELECT count(*) FROM history WHERE http_status IN (429, 503) AND done_us BETWEEN ? AND ?",
            [span.from_us, span.to_us],
        )
    changes = [item for item in evidence.events_of("breaker") if span.from_us <= item.at_us <= span.to_us]
    return refusals, len(changes)
