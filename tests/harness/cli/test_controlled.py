"""`faultline run --control`: two runs on one platform, one verdict, and requests that cannot have a control."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import catalogue
from harness.cli import running
from harness.cli.controlled import check_control
from harness.core.errors import HarnessError, UsageError
from harness.core.verdicts import Verdict
from harness.judge import write_verdict
from harness.run.plan import RunPlan
from harness.run.session import Done
from tests.harness.conftest import Run
from tests.reports import run_folder


class Sitting:
    """A session that runs nothing: it keeps the plans and gives each a verdict."""

    def __init__(self) -> None:
        self.plans: list[RunPlan] = []
        self.verdicts: dict[bool, Verdict] = {True: Verdict.PASS, False: Verdict.PASS}
        self.breaks_down_at = -1

    def run(self, plan: RunPlan) -> Done:
        self.plans.append(plan)
        if len(self.plans) - 1 == self.breaks_down_at:
            raise HarnessError("the platform did not start")
        verdict = self.verdicts[bool(plan.scenario.faults)]
        report = replace(run_folder.passed(plan.run_id), scenario=plan.scenario_name, verdict=verdict)
        (plan.folder / "plan.json").write_text(json.dumps({"run_id": plan.run_id}))
        (plan.folder / "report.txt").write_text(f"{verdict} of {plan.folder.name}\n")
        write_verdict(report, plan.folder)
        return Done(report, "")


@pytest.fixture
def sitting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sitting:
    made = Sitting()

    @contextmanager
    def open_session(*_: Any, **__: Any) -> Iterator[Sitting]:
        yield made

    monkeypatch.setattr(running, "open_session", open_session)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAULTLINE_WORKSPACE", str(tmp_path / ".faultline"))
    return made


def test_the_control_comes_first_and_is_the_same_plan_without_faults(sitting: Sitting, faultline: Run) -> None:
    code, out, err = faultline("run", "brownout", "--seed", "3", "--control")
    assert code == 0
    control, broken = sitting.plans
    assert control.scenario.load == broken.scenario.load
    assert control.seed == broken.seed == 3
    assert (len(control.scenario.faults), control.control) == (0, None)
    assert broken.scenario.faults
    assert broken.control == control.folder
    assert broken.repeat == "faultline run brownout --seed 3 --control"
    assert out == f"PASS of {broken.folder.name}\n"
    assert "control: PASS" in err
    assert err.count("report: ") == 1  # jobs side by side print the text of whatever is called so


def test_the_worse_verdict_of_both_decides_and_json_has_one_for_each_scenario(sitting: Sitting, faultline: Run) -> None:
    sitting.verdicts[False] = Verdict.FAIL
    code, out, _ = faultline("run", "brownout", "gateway_latency", "--control", "--json")
    assert code == 1
    assert [item["scenario"] for item in json.loads(out)] == ["brownout", "gateway_latency"]
    assert len(sitting.plans) == 4


def test_a_control_that_could_not_be_made_leaves_the_run_without_one(sitting: Sitting, faultline: Run) -> None:
    sitting.breaks_down_at = 0
    code, out, err = faultline("run", "brownout", "--control", "--json")
    assert code == 70
    assert json.loads(out)["verdict"] == "PASS"
    assert sitting.plans[1].control is None
    assert "did not start" in err


def test_recorded_arrivals_are_the_same_in_both_runs(sitting: Sitting, faultline: Run) -> None:
    code, _, _ = faultline(
        "run", "brownout", "--control", "--arrivals", "black_friday_hour", "--duration", "20s", "--rate", "10"
    )
    assert code == 0
    control, broken = (plan.scenario.load for plan in sitting.plans)
    assert control.recorded is not None
    assert control == broken
    assert broken.duration_s == 20
    assert broken.rate_per_s == pytest.approx(10, rel=0.2)
    assert "--arrivals black_friday_hour" in sitting.plans[1].repeat


def test_with_all_what_breaks_nothing_runs_as_ever_and_by_name_it_is_refused() -> None:
    calm, brownout = (("calm", catalogue.scenario("calm")), ("brownout", catalogue.scenario("brownout")))
    check_control([calm, brownout], gathered=False, named=False)
    with pytest.raises(UsageError, match="calm breaks nothing"):
        check_control([calm, brownout], gathered=False, named=True)
    with pytest.raises(UsageError, match="calm breaks nothing"):
        check_control([calm], gathered=False, named=False)
    with pytest.raises(UsageError, match="do not go together"):
        check_control([brownout], gathered=True, named=True)
