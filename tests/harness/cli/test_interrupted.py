"""A run that somebody stops says what was put back and where the evidence is, and ends as a shell expects it."""

import json
import os
import signal
from pathlib import Path

import pytest
import typer

from harness import catalogue
from harness.cli.exits import catch_signals, exit_code_of
from harness.core.errors import Interrupted
from harness.core.evidence import Evidence
from harness.core.verdicts import Verdict
from harness.judge import fault_results, judge, read_verdict
from harness.run.partial import conclude_partial, last_words
from harness.run.plan import RunPlan
from tests.harness.invariants.story import Story, at


def app_that(does: object) -> typer.Typer:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(does)  # type: ignore[type-var]
    return app


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_each_signal_has_its_exit_code_and_one_line(
    signum: signal.Signals, code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["faultline"])

    def stopped() -> None:
        os.kill(os.getpid(), signum)
        signal.pause()

    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, where these tests run in a background
    catch_signals()
    try:
        assert exit_code_of(app_that(stopped)) == code
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)

    told = capsys.readouterr().err.strip()
    assert told == f"interrupted ({signum.name}): nothing was judged; `faultline status` shows what is up"


def test_what_a_run_has_to_say_is_its_last_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["faultline"])

    def stopped() -> None:
        raise Interrupted(signal.SIGTERM, "interrupted (SIGTERM): put back gateway_down at *-to-stripe, verified")

    assert exit_code_of(app_that(stopped)) == 143
    assert capsys.readouterr().err.strip().endswith("put back gateway_down at *-to-stripe, verified")


def plan_of(folder: Path, name: str = "primary_gateway_outage") -> RunPlan:
    return RunPlan(name, "", catalogue.scenario(name), 1, None, "embedded", folder, 1, f"faultline run {name}")


def stopped_early(folder: Path, name: str = "primary_gateway_outage") -> Path:
    """A run stopped under a fault: its history ends anywhere, nothing was settled, no books were saved."""
    story = Story(folder)
    paid = story.sale(at_s=1.0)
    story.replay(paid, 1.5)
    story.replay(paid, 2.0, body_sha256="other")
    for item in catalogue.scenario(name).faults:
        story.fault(item.fault.name, item.fault.place, 1.0, 2.5)
        story.events[-1]["early"] = True
    story.write()
    for book in (folder / "books").glob("*.parquet"):
        book.unlink()
    events = (folder / "events.jsonl").read_text().splitlines()
    (folder / "events.jsonl").write_text("".join(f"{line}\n" for line in events if "fault" in line))
    return folder


def test_an_interrupted_run_has_a_partial_report_that_is_inconclusive_whatever_it_shows(tmp_path: Path) -> None:
    plan, stopped = plan_of(stopped_early(tmp_path)), Interrupted(signal.SIGTERM)

    done = conclude_partial(plan, stopped)

    assert done is not None
    stored = read_verdict(tmp_path)
    assert stored.verdict is done.report.verdict is Verdict.INCONCLUSIVE
    assert "the run was interrupted (SIGTERM)" in " ".join(stored.reasons)
    assert Verdict.FAIL not in {item.verdict for item in (*stored.invariants, *stored.objectives)}
    [replays] = [item for item in stored.invariants if item.id == "I7"]
    assert (replays.violations, replays.reason) == (1, "not to be told from half a run: violated once in it")
    assert (tmp_path / "report.html").is_file()
    assert last_words(plan, stopped, done) == (
        "interrupted (SIGTERM): put back gateway_down at *-to-stripe, verified; "
        f"partial report, INCONCLUSIVE: {tmp_path}/report.html"
    )


def test_a_run_that_had_not_begun_leaves_no_report_and_says_so(tmp_path: Path) -> None:
    plan, stopped = plan_of(tmp_path), Interrupted(signal.SIGINT)

    assert conclude_partial(plan, stopped) is None
    told = "interrupted (SIGINT): nothing was broken yet; no evidence, the load had not begun"
    assert last_words(plan, stopped, None) == told


def test_a_run_that_was_judged_already_keeps_its_verdict(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.sale(at_s=1.0)
    story.write()
    (tmp_path / "verdict.json").write_text(json.dumps({"verdict": "PASS"}))
    plan, stopped = plan_of(tmp_path), Interrupted(signal.SIGINT)

    assert conclude_partial(plan, stopped) is None
    assert json.loads((tmp_path / "verdict.json").read_text()) == {"verdict": "PASS"}
    assert last_words(plan, stopped, None).endswith(f"the run was over and judged: {tmp_path}/report.html")


@pytest.mark.parametrize("name", catalogue.scenario_names())
def test_no_fault_and_no_promise_stumbles_over_books_that_are_not_there(tmp_path: Path, name: str) -> None:
    scenario = catalogue.scenario(name)
    stopped_early(tmp_path, name)
    with (tmp_path / "events.jsonl").open("a") as events:
        events.write(json.dumps({"at_us": at(2.6), "kind": "interrupted", "signal": "SIGINT"}) + "\n")
    with Evidence(tmp_path) as evidence:
        hits = fault_results(evidence, scenario.faults)
        judged = judge(evidence, must_hold=[], should_meet=scenario.should_meet, faults=hits, invariants=[])
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert len(judged.faults) == len(scenario.faults)
