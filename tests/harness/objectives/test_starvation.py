"""A machine without processors excuses promises in time, and nothing else; nobody is excused by burning them."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.core.evidence import Evidence
from harness.core.report import FaultResult
from harness.core.verdicts import Verdict
from harness.invariants import catalogue
from harness.judge import judge
from harness.judge.reporting import build_report
from harness.objectives import availability, latency
from harness.objectives.starvation import proxy_faults, starvation, starvation_faults
from tests.harness.invariants.bad_webhooks import tried_again
from tests.harness.invariants.story import Story, at

QUIET = {"pulse_late_ms": 0.2, "pulse_work_ms": 8.0, "pulse_cpu_ms": 7.5, "pulse_wait_ms": 0.3,
         "pressure_some_share": 0.12, "busy_cores": 1.0, "steal_cores": 0.0, "harness_cores": 0.1}  # fmt: skip
BUSY = {**QUIET, "pulse_work_ms": 30.0, "pulse_wait_ms": 22.0, "pressure_some_share": 0.95, "busy_cores": 2.0}


def watched(story: Story, figures: Mapping[str, float], *, own_cores: float = 0.8, busy_s: float = 20.0) -> Evidence:
    """Return a run whose machine was so for its first seconds, and quiet then."""
    rows = [{"at_us": at(0), "process": "machine", "metric": "cores", "value": 2.0}]
    for number in range(1, 40):
        seen = figures if number / 2 <= busy_s else QUIET
        rows += [
            {"at_us": at(number / 2), "process": "machine", "metric": name, "value": value}
            for name, value in seen.items()
        ]
        rows.append({"at_us": at(number / 2), "process": "api1", "metric": "cpu_share", "value": own_cores})
    evidence = story.evidence()
    pq.write_table(pa.Table.from_pylist(rows), evidence.folder / "metrics.parquet")
    evidence.close()
    return Evidence(evidence.folder)


def without(figures: Mapping[str, float], *names: str) -> dict[str, float]:
    return {name: value for name, value in figures.items() if name not in names}


def test_others_who_use_the_processors_starve_a_run_and_the_figures_say_so(tmp_path: Path) -> None:
    with watched(Story(tmp_path), BUSY) as evidence:
        [said] = starvation_faults(evidence)
    assert said == (
        "the machine was starved of processors for 20 s of the load: known work took 4.0 times its processor time, "
        "somebody waited for a processor 95% of the time, others used 54% of all processors"
    )


@pytest.mark.parametrize(
    ("figures", "own_cores"),
    [
        (QUIET, 0.8),
        (BUSY, 1.8),
        ({**BUSY, "pulse_work_ms": 8.0}, 0.8),
        ({**BUSY, "pressure_some_share": 0.2}, 0.8),
        ({**QUIET, "busy_cores": 2.0}, 1.8),
    ],
    ids=["quiet", "the platform burns them itself", "work is done at once", "nobody waits", "just busy"],
)
def test_a_sound_run_is_not_starved_by_its_own_load(
    tmp_path: Path, figures: Mapping[str, float], own_cores: float
) -> None:
    with watched(Story(tmp_path), figures, own_cores=own_cores) as evidence:
        assert starvation_faults(evidence) == []


def test_what_the_host_takes_away_counts_as_others_use(tmp_path: Path) -> None:
    with watched(Story(tmp_path), {**BUSY, "busy_cores": 1.0, "steal_cores": 1.0}) as evidence:
        assert len(starvation_faults(evidence)) == 1


@pytest.mark.parametrize(("busy_s", "starved"), [(0.0, False), (1.0, False), (3.0, True)])
def test_a_moment_starves_nobody(tmp_path: Path, busy_s: float, starved: bool) -> None:
    with watched(Story(tmp_path), BUSY, busy_s=busy_s) as evidence:
        assert bool(starvation_faults(evidence)) == starved


def test_without_pressure_files_the_run_queue_tells_and_the_report_says_so(tmp_path: Path) -> None:
    with watched(Story(tmp_path), without(BUSY, "pressure_some_share")) as evidence:
        [said] = starvation_faults(evidence)
        judged = judge(evidence, must_hold=[], should_meet=[], faults=[], invariants=[])
        report = build_report(evidence, judged, judged_at="", judged_by="")
    assert "it waited in the run queue 73% of that (no pressure files here)" in said
    assert "no pressure files here" in report.settings["machine"]["while the load ran"]


def test_a_kernel_that_tells_nothing_is_named(tmp_path: Path) -> None:
    with watched(Story(tmp_path), without(BUSY, "pressure_some_share", "pulse_wait_ms")) as evidence:
        found = starvation(evidence)
    assert found is not None
    assert not found.known
    assert "the kernel tells neither pressure nor run-queue delay here" in found.figures


def test_a_fault_that_takes_processors_away_buys_no_excuse(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.fault("container_starved", "api1", 0.0, 20.0)
    with watched(story, BUSY) as evidence:
        assert starvation_faults(evidence) == []


def test_a_run_that_nobody_watched_is_not_starved(tmp_path: Path) -> None:
    with Story(tmp_path).evidence() as evidence:
        assert starvation(evidence) is None
        assert starvation_faults(evidence) == []


UNCOUNTED = without(BUSY, "busy_cores")
"""A target whose processors nobody counts: what others used is not known."""


def test_where_nobody_knows_who_used_the_processors_the_run_says_that_and_not_that_it_was_starved(
    tmp_path: Path,
) -> None:
    with watched(Story(tmp_path), UNCOUNTED) as evidence:
        [said] = starvation_faults(evidence)
        judged = judge(evidence, must_hold=[], should_meet=[], faults=[], invariants=[])
        report = build_report(evidence, judged, judged_at="", judged_by="")
    assert said == (
        "nobody knows whether the machine was starved of processors for 20 s of the load: known work took 4.0 times "
        "its processor time, somebody waited for a processor 95% of the time, nobody counts the platform's own "
        "processors here, so what others used is not known"
    )
    assert report.settings["machine"]["starved of processors"] == "perhaps for 19.5 s of the load"
    assert judged.verdict is not Verdict.FAIL


@pytest.mark.parametrize(
    ("p95_s", "verdict"), [(1.0, Verdict.INCONCLUSIVE), (9.0, Verdict.PASS)], ids=["missed", "kept"]
)
def test_what_nobody_knows_leaves_open_only_what_was_missed(tmp_path: Path, p95_s: float, verdict: Verdict) -> None:
    story = Story(tmp_path)
    for number in range(60):
        story.create(story.intent(), 1.0 + number * 0.25, lasting_s=5.0)
    with watched(story, UNCOUNTED) as evidence:
        found = judge(evidence, must_hold=[], should_meet=[latency(p95=p95_s)], faults=[], invariants=[])
    assert found.objectives[0].verdict is verdict
    assert any("nobody knows whether" in reason for reason in found.reasons) == (verdict is Verdict.INCONCLUSIVE)


@pytest.mark.parametrize("figures", [without(QUIET, "busy_cores"), without(QUIET, "pressure_some_share")])
def test_work_that_is_done_at_once_needs_no_other_figure(tmp_path: Path, figures: Mapping[str, float]) -> None:
    with watched(Story(tmp_path), figures) as evidence:
        assert starvation_faults(evidence) == []


def slow_and_double(story: Story) -> None:
    """Clients waited long, and one of them was charged twice."""
    for number in range(60):
        story.create(story.intent(), 1.0 + number * 0.25, lasting_s=5.0)
    paid = story.authorization()
    story.charge(paid, 1.5, status="authorized")["captured_minor"] = 0


@pytest.mark.parametrize(("figures", "verdict"), [(QUIET, Verdict.FAIL), (BUSY, Verdict.INCONCLUSIVE)])
def test_starved_promises_in_time_are_left_open_and_safety_is_judged_as_always(
    tmp_path: Path, figures: Mapping[str, float], verdict: Verdict
) -> None:
    story = Story(tmp_path)
    slow_and_double(story)
    with watched(story, figures) as evidence:
        found = judge(evidence, must_hold=["I1"], should_meet=[latency(p95=1.0)], faults=[])
    [promise] = found.objectives
    assert promise.verdict is verdict
    assert ("starved of processors" in promise.measured) == (verdict is Verdict.INCONCLUSIVE)
    assert any("starved of processors" in reason for reason in found.reasons) == (verdict is Verdict.INCONCLUSIVE)
    assert next(item for item in found.invariants if item.id == "I1").verdict is Verdict.FAIL
    assert found.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("pause_s", "verdict"), [(12.0, Verdict.INCONCLUSIVE), (0.02, Verdict.FAIL)], ids=["late", "early"]
)
def test_what_came_late_is_excused_on_a_starved_machine_and_what_came_early_is_not(
    tmp_path: Path, pause_s: float, verdict: Verdict
) -> None:
    story = Story(tmp_path)
    tried_again(story, pause_s)
    schedule = next(item for item in catalogue() if item.id == "I54")
    with watched(story, BUSY) as evidence:
        [found] = judge(evidence, must_hold=[], should_meet=[], faults=[], invariants=[schedule]).invariants
    assert (found.verdict, found.violations) == (verdict, 1)
    assert ("starved of processors" in found.reason) == (verdict is Verdict.INCONCLUSIVE)


@pytest.mark.parametrize(("figures", "named"), [(QUIET, 0), (BUSY, 1)])
def test_a_doubt_about_anything_names_the_starved_machine(
    tmp_path: Path, figures: Mapping[str, float], named: int
) -> None:
    story = Story(tmp_path)
    for number in range(60):
        story.create(story.intent(), 1.0 + number * 0.25)
    missed = FaultResult("crash_loop", "api1", "process", 3.0, 19.0, 0)
    with watched(story, figures) as evidence:
        found = judge(evidence, must_hold=[], should_meet=[], faults=[missed], invariants=[])
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reasons[0] == "fault crash_loop at api1 hit nothing between 3 s and 19 s"
    assert ["starved of processors" in reason for reason in found.reasons[1:]] == [True] * named


@pytest.mark.parametrize(("status", "verdict"), [(422, Verdict.FAIL), (503, Verdict.INCONCLUSIVE)])
def test_a_definite_refusal_is_none_the_better_for_a_busy_machine(
    tmp_path: Path, status: int, verdict: Verdict
) -> None:
    story = Story(tmp_path)
    for number in range(40):
        outcome: dict[str, object] = {"outcome": "FAILED", "http_status": status} if number < 10 else {}
        story.create(story.intent(), 1.0 + number * 0.25, **outcome)
    with watched(story, BUSY) as evidence:
        [found] = judge(
            evidence, must_hold=[], should_meet=[availability(at_least=0.9, when="before")], faults=[], invariants=[]
        ).objectives
    assert found.verdict is verdict
    assert ("10 refused" in found.measured) == (verdict is Verdict.FAIL)


def test_a_link_proxy_that_stood_still_is_named_with_its_span_and_never_the_platforms_fault(tmp_path: Path) -> None:
    story = Story(tmp_path)
    for number in range(60):
        story.create(story.intent(), 1.0 + number * 0.25, lasting_s=5.0)
    story.events.append({"at_us": at(5.1), "kind": "proxy_silent", "until_us": at(15.2)})
    with watched(story, QUIET) as evidence:
        assert proxy_faults(evidence) == ["the link proxy answered nobody from 5 s to 15 s"]
        found = judge(evidence, must_hold=[], should_meet=[latency(p95=1.0)], faults=[], invariants=[])
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.objectives[0].verdict is Verdict.INCONCLUSIVE
    assert "the link proxy answered nobody from 5 s to 15 s" in found.reasons
