"""What binds, how it scales, the way back, and the verdict on all of it."""

from dataclasses import replace

import numpy as np
import pytest

from harness.capacity.aftermath import look_after
from harness.capacity.binding import binding
from harness.capacity.report import Answer, CaseResult, Kind
from harness.capacity.scaling import Point, fit, law
from harness.capacity.search import Bounds, Search
from harness.capacity.slo import parse_slo
from harness.capacity.summing import answer_of, row_of, verdict_of
from harness.core.verdicts import Verdict
from harness.statistics import Interval
from tests.harness.capacity.scripted import Scripted

SLO = parse_slo(["p99=300ms"])


def loads(**used: float) -> dict[str, float]:
    return {name.replace("__", ":"): value for name, value in used.items()}


def test_the_narrowest_resource_that_is_used_up_binds():
    low = loads(machine__cores=2, machine__busy_cores=0.5, cpu__api1=0.1, database__active_api1=1)
    high = loads(machine__cores=2, machine__busy_cores=1.8, cpu__api1=0.97, database__active_api1=3)
    told = binding([(10, low), (90, high), (90, high)], 92)
    assert told.resource == "api1's core"
    assert "at 90/s it was 97% used" in told.why
    assert "at 10/s: 10%" in told.why
    assert "replica" in told.advice
    assert [use.resource for use in told.uses][:2] == ["api1's core", "the machine's processors"]


@pytest.mark.parametrize(
    ("used", "resource"),
    [
        (loads(machine__cores=2, machine__busy_cores=1.9, cpu__api1=0.5), "the machine's processors"),
        (loads(database__active_api1=11.5, database__lock_waiters=0), "api1's database pool"),
        (loads(database__active_api1=6, database__lock_waiters=5.5), "row locks"),
    ],
)
def test_each_kind_of_resource_can_bind(used, resource):
    idle = {name: value if name == "machine:cores" else value / 10 for name, value in used.items()}
    assert binding([(5, idle), (50, used)], 50).resource == resource


def test_what_others_use_up_does_not_bind():
    busy = loads(machine__cores=2, machine__busy_cores=2, cpu__api1=0.2)
    told = binding([(5, busy), (30, busy)], 30)
    assert told.resource == ""
    assert "used up at 5/s already, by something else" in told.why
    assert "nothing else runs" in told.advice


def test_where_nothing_is_used_up_that_is_said():
    told = binding([(50, loads(machine__cores=2, machine__busy_cores=0.4, cpu__api1=0.2))], 50)
    assert told.resource == ""
    assert "waits for something else" in told.why
    assert binding([], 50).resource == binding([(50, {})], 50).resource == ""
    assert binding([(50, loads(cpu__api1=1))], None).why == "nothing was measured near a limit"


def points(counts, gain=60.0, contention=0.05, coherence=0.02):
    rates = law(np.array(counts), gain, contention, coherence)
    return [Point(n, Interval(x, 0.98 * x, 1.02 * x, 0.95)) for n, x in zip(counts, rates.tolist(), strict=True)]


def test_the_law_is_found_again_and_predicts_only_near_its_peak():
    found = fit(points([1, 2, 3, 4, 6, 8]))
    assert found.contention is not None
    assert found.contention.estimate == pytest.approx(0.05, abs=0.005)
    assert found.contention.lo <= 0.05 <= found.contention.hi
    assert found.peak_replicas == pytest.approx((0.95 / 0.02) ** 0.5, rel=0.05)
    assert not found.refused
    assert found.predict(12) == pytest.approx(float(law(np.array([12]), 60, 0.05, 0.02)[0]), rel=0.05)


def test_it_refuses_to_say_more_than_was_tried():
    below = fit(points([1, 2, 3, 4]))
    assert "less than 80%" in below.refused
    assert below.predict(4) is not None
    assert below.predict(9) is None
    straight = fit(points([1, 2, 3, 4], contention=0.0, coherence=0.0))
    assert straight.refused
    assert straight.predict(50) is None
    few = fit(points([1, 2]))
    assert "too few" in few.refused
    assert few.predict(1) is None


def test_a_system_that_comes_back_and_one_that_does_not():
    fine = Scripted(lambda rate: 0.0 if rate < 120 else 0.9)
    told, probes = look_after(fine, SLO, 100.0, 2_000.0, lambda _: None)
    assert fine.offered == [85.0, 150.0, 85.0]
    assert told.recovered_s is not None
    assert told.recovered_s <= 2
    assert [probe.purpose for probe in probes] == ["on the way up", "1.5 x the limit", "on the way down"]

    class Stuck(Scripted):
        def _slice(self, from_s):
            self._bad = (lambda _: 0.9) if len(self.offered) == 3 else (lambda _: 0.0)
            return super()._slice(from_s)

    told, _ = look_after(Stuck(lambda _: 0.0), SLO, 100.0, 130.0, lambda _: None)
    assert told.metastable
    assert told.beyond_per_s == 130.0
    assert told.down_p99_ms > told.up_p99_ms


def case(**changed) -> CaseResult:
    nothing = binding([], None)
    limit = Answer(Kind.LIMIT, 100, 95, 105, 0.85, "p99")
    return replace(CaseResult("healthy", "nothing broken", limit, Verdict.PASS, (), nothing, 60.0), **changed)


def test_the_verdict_is_on_the_money_and_on_what_is_known():
    none = Answer(Kind.NONE, 0.0, 0.0, 1.0, 0.99)
    gone = case(name="standbys_gone", title="all standbys gone", must_be_none=True)
    assert verdict_of([case()])[0] is Verdict.PASS
    assert verdict_of([case(), replace(gone, answer=none)])[0] is Verdict.PASS
    verdict, why = verdict_of([case(), gone])
    assert verdict is Verdict.FAIL
    assert "nothing may be" in why[0]
    verdict, why = verdict_of([case(violated=("I1",), judged=Verdict.FAIL)])
    assert verdict is Verdict.FAIL
    assert "I1 violated" in why[0]
    for doubtful in (
        case(answer=Answer(Kind.UNKNOWN), reasons=("the budget ended",)),
        case(answer=none),
        case(judged=Verdict.INCONCLUSIVE, doubts=("the run never settled",)),
        case(reasons=("90.0/s was refused 2 times: the machine was starved",)),
    ):
        verdict, why = verdict_of([doubtful])
        assert verdict is Verdict.INCONCLUSIVE
        assert why
    assert verdict_of([case()], interrupted=True) == (Verdict.INCONCLUSIVE, ("it was interrupted",))


def test_answers_say_what_sort_they_are():
    steep = Scripted(lambda rate: 0.0 if rate < 100 else 1.0)
    found = Search(steep, SLO, Bounds()).run()
    assert answer_of(found, 2_000).kind is Kind.LIMIT
    assert answer_of(Search(steep, SLO, Bounds(ceiling_per_s=50)).run(), 50).kind is Kind.AT_LEAST
    assert answer_of(Search(Scripted(lambda _: 1.0), SLO, Bounds()).run(), 2_000).kind is Kind.NONE
    assert answer_of(Search(steep, SLO, Bounds(budget_s=5)).run(), 2_000).kind is Kind.UNKNOWN


def test_a_row_has_littles_law_beside_what_was_in_flight():
    found = Search(Scripted(lambda _: 0.0), SLO, Bounds(ceiling_per_s=40)).run()
    row = row_of(found.probes[-1], SLO, {"cpu:api1": 0.5})
    assert row.offered_per_s == row.good_per_s == 40
    assert row.little == pytest.approx(40 * 0.0515, rel=0.02)
    assert row.p99_lo_ms <= row.p99_ms <= row.p99_hi_ms
