"""A capacity report of a simulated queue under three cases: whole, without starting anything."""

from collections.abc import Sequence

from benchmarks.capacity.queue import Queue, Simulated
from harness.capacity.aftermath import Aftermath
from harness.capacity.binding import binding
from harness.capacity.report import CapacityReport, CaseResult, Kind
from harness.capacity.scaling import Point, fit
from harness.capacity.search import Bounds, Search
from harness.capacity.summing import answer_of, row_of, verdict_of
from harness.core.verdicts import Verdict
from harness.statistics import Interval

HEALTHY = Queue("whole", 2, 0.016, 0.5)


def case(name: str, title: str, queue: Queue, *, healthy: float | None = None, **more: object) -> CaseResult:
    found = Search(Simulated(queue, 1), queue.slo, Bounds(budget_s=90)).run()
    loads = {"machine:cores": 2.0, "machine:pressure_some_share": 0.31}
    rows = tuple(
        row_of(
            probe,
            queue.slo,
            {
                **loads,
                "machine:busy_cores": min(1.9, 0.3 + probe.rate_per_s / 90),
                "cpu:api1": min(0.99, probe.rate_per_s / queue.saturation_per_s),
                "database:active_api1": probe.rate_per_s / 40,
                "database:commits_per_s": 3 * probe.rate_per_s,
            },
        )
        for probe in found.probes
    )
    answer = answer_of(found, 2_000.0)
    limit = answer.estimate_per_s
    return CaseResult(
        name=name,
        title=title,
        answer=answer,
        judged=Verdict.PASS,
        rows=rows,
        binding=binding([(row.rate_per_s, row.loads) for row in rows], limit),
        load_s=found.load_s,
        ratio=limit / healthy if healthy and limit is not None else None,
        run=f"runs/capacity-{name}",
        **more,  # type: ignore[arg-type]
    )


def report(cases: Sequence[CaseResult] | None = None, **more: object) -> CapacityReport:
    if cases is None:
        whole = case("healthy", "nothing broken", HEALTHY, aftermath=AFTERMATH)
        limit = whole.answer.estimate_per_s
        slow = case("database_slow", "the database answers 20 ms later", Queue("slow", 2, 0.02, 0.5), healthy=limit)
        none = case("standbys_gone", "all standbys gone", Queue("none", 1, 2.0, 0.5), healthy=limit, must_be_none=True)
        cases = (whole, slow, none)
    verdict, reasons = verdict_of(cases)
    points = [
        Point(n, Interval(x, 0.97 * x, 1.03 * x, 0.95)) for n, x in ((1, 62.0), (2, 118.0), (3, 165.0), (4, 205.0))
    ]
    values = {
        "name": "20261201-120000-capacity-7",
        "started_at": "2026-12-01T12:00:00Z",
        "target": "embedded",
        "workload": "steady_checkout",
        "slo": HEALTHY.slo.words,
        "seed": 7,
        "verdict": verdict,
        "reasons": reasons,
        "cases": tuple(cases),
        "ceiling_per_s": 2_000.0,
        "wall_s": 341.0,
        "repeat": "faultline capacity --slo p99=300ms --under database_slow --under standbys_gone --peak 90 --seed 7",
        "made_by": "faultline 0.1.0",
        "environment": {"versions": {"postgresql": "18.1", "python": "3.11"}},
        "scaling": fit(points),
        "peak_per_s": 90.0,
        **more,
    }
    return CapacityReport(**values)  # type: ignore[arg-type]


AFTERMATH = Aftermath(98.0, 175.0, 22.0, 61.0, 23.0, 66.0, 4.0, 7.0)

__all__ = ["AFTERMATH", "HEALTHY", "Kind", "case", "report"]
