"""Promises about alerts: kept, missed, and open where nobody looked."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.core.column_types import schema
from harness.core.errors import UsageError
from harness.core.judgement import Measurement, Objective
from harness.core.tables import ALERTS, SCRAPES
from harness.core.verdicts import Verdict
from harness.judge.judging import measure
from harness.objectives import ALERT_NAMES, alert_clears, alert_fires, no_alert, objective_named
from tests.harness.invariants.story import Story, at

GATEWAY = "PaymentServiceGatewayFailure"
STEP_S = 0.5
Change = tuple[float, str]


def watched(
    folder: Path, changes: Sequence[Change], *, fault: tuple[float, float] | None = (5.0, 12.0),
    silent: tuple[str, float, float] = ("api1", 0.0, 0.0),
) -> Story:  # fmt: skip
    """A load of 20 s whose gateway alert changes like this; `silent` names who was not scraped, from when to when."""
    story = Story(folder)
    story.duration_s = 20.0
    if fault:
        story.fault("gateway_down", "*-to-stripe", *fault)
    folder.mkdir(parents=True, exist_ok=True)
    common = {"alert": GATEWAY, "metric": "gateway_error_rate", "severity": "warning"}
    rows = [
        {"at_us": at(at_s), **common, "state": state, "value": 40.0} for at_s, state in [(0.0, "inactive"), *changes]
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=schema(ALERTS)), folder / "alerts.parquet")
    scrapes = [
        {"process": name, "asked_us": at(step * STEP_S), "answered_us": at(step * STEP_S + 0.01), "ok": ok,
         "trouble": "" if ok else "no answer"}
        for step in range(41)
        for name in ("api1", "api2", "worker", "rules")
        for ok in [not (name == silent[0] and silent[1] <= step * STEP_S < silent[2])]
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(scrapes, schema=schema(SCRAPES)), folder / "scrapes.parquet")
    return story


def measured(story: Story, objective: Objective) -> Measurement:
    with story.evidence() as evidence:
        return objective.measure(evidence)


def verdict(story: Story, objective: Objective) -> Verdict:
    with story.evidence() as evidence:
        return measure(evidence, objective).verdict


FIRED = [(5.5, "pending"), (8.5, "firing"), (14.0, "inactive")]
FIRES, CLEARS, SILENT = alert_fires(GATEWAY, within=5), alert_clears(GATEWAY, within=4), no_alert(GATEWAY)


def test_an_alert_that_fires_and_clears_in_time_keeps_its_promises(tmp_path: Path) -> None:
    story = watched(tmp_path, FIRED)
    found = measured(story, FIRES)
    assert (found.value, found.met) == (pytest.approx(3.5), True)
    assert "gateway_error_rate 40, warning" in found.text
    assert (measured(story, CLEARS).value, measured(story, CLEARS).met) == (pytest.approx(2.0), True)
    assert verdict(story, SILENT) is Verdict.FAIL


def test_an_alert_that_never_fires_in_its_own_scenario_is_a_failed_promise(tmp_path: Path) -> None:
    story = watched(tmp_path, [(5.5, "pending"), (6.0, "inactive")])
    assert verdict(story, FIRES) is Verdict.FAIL
    assert verdict(story, CLEARS) is Verdict.INCONCLUSIVE
    assert verdict(story, SILENT) is Verdict.PASS


@pytest.mark.parametrize(
    ("changes", "objective"),
    [
        ([(5.5, "pending"), (10.5, "firing"), (14.0, "inactive")], FIRES),
        ([(3.0, "firing"), (14.0, "inactive")], FIRES),
        ([(8.5, "firing"), (16.5, "inactive")], CLEARS),
        ([(8.5, "firing")], CLEARS),
        ([(8.5, "firing"), (13.0, "inactive"), (16.0, "firing"), (17.0, "inactive")], CLEARS),
    ],
    ids=["too late", "before the fault", "clears late", "never clears", "comes back"],
)
def test_what_is_late_early_or_comes_back_is_missed(
    tmp_path: Path, changes: Sequence[Change], objective: Objective
) -> None:
    assert verdict(watched(tmp_path, changes), objective) is Verdict.FAIL


@pytest.mark.parametrize("who", ["api1", "rules"])
@pytest.mark.parametrize(
    ("objective", "changes", "from_s"), [(FIRES, [], 8.0), (SILENT, [], 8.0), (CLEARS, FIRED, 13.0)]
)
def test_where_nobody_looked_nothing_is_said(
    tmp_path: Path, who: str, objective: Objective, changes: Sequence[Change], from_s: float
) -> None:
    story = watched(tmp_path, changes, silent=(who, from_s, from_s + 3.0))
    assert verdict(story, objective) is Verdict.INCONCLUSIVE
    assert f"{who} showed no figures for 3.5 s" in measured(story, objective).text


def test_what_was_seen_is_seen_whatever_was_missing(tmp_path: Path) -> None:
    story = watched(tmp_path, FIRED, silent=("worker", 9.0, 13.0))
    assert verdict(story, FIRES) is Verdict.PASS
    assert verdict(story, SILENT) is Verdict.FAIL


def test_a_scrape_or_two_that_were_missed_are_no_gap(tmp_path: Path) -> None:
    assert verdict(watched(tmp_path, [], silent=("api1", 9.0, 10.0)), SILENT) is Verdict.PASS


def test_a_process_that_was_never_scraped_leaves_quiet_open(tmp_path: Path) -> None:
    assert verdict(watched(tmp_path, [], silent=("api2", 0.0, 99.0)), SILENT) is Verdict.INCONCLUSIVE


def test_a_fault_that_is_too_short_for_any_alert_says_nothing(tmp_path: Path) -> None:
    assert verdict(watched(tmp_path, [], fault=(5.0, 7.0)), FIRES) is Verdict.INCONCLUSIVE


def test_a_run_that_stored_no_alerts_says_nothing(tmp_path: Path) -> None:
    story = Story(tmp_path)
    assert {verdict(story, objective) for objective in (FIRES, CLEARS, SILENT)} == {Verdict.INCONCLUSIVE}


def test_a_target_that_gives_no_alerts_is_not_judged_by_them(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.plan["not_given"] = ["alerts", "scrapes"]
    with story.evidence() as evidence:
        assert not measure(evidence, SILENT).judged


@pytest.mark.parametrize("objective", [FIRES, CLEARS, SILENT, alert_fires(GATEWAY, within=3, fault="gateway_down")])
def test_the_name_is_enough_to_measure_it_again(objective: Objective) -> None:
    again = objective_named(objective.name)
    assert (again.name, again.goal) == (objective.name, objective.goal)


@pytest.mark.parametrize(
    "build", [lambda: no_alert("Nobody"), lambda: alert_fires(ALERT_NAMES[0], within=0), lambda: no_alert("")]
)
def test_nonsense_is_refused_at_construction(build: Callable[[], Objective]) -> None:
    with pytest.raises(UsageError):
        build()
