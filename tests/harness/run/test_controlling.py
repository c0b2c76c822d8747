"""A control is the same plan with nothing broken, and the effect is what differs."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness import catalogue
from harness.core.effect import Effect
from harness.core.evidence import Evidence
from harness.core.verdicts import Verdict
from harness.judge import write_verdict
from harness.judge.stored import as_document, from_document, read_effect
from harness.run.controlling import control_of, note_effect
from reports.formats import html, markdown, text
from tests.reports import run_folder


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the folder of a run with an outage, and of its control: the same shape with nothing broken."""
    root = tmp_path_factory.mktemp("pair")
    broken, quiet = run_folder.build(root / "broken", seed=7), run_folder.build(root / "control", seed=7)
    events = [json.loads(line) for line in (quiet / "events.jsonl").read_text().splitlines()]
    kept = [event for event in events if not event["kind"].startswith("fault_")]
    (quiet / "events.jsonl").write_text("\n".join(json.dumps(event) for event in kept))
    write_verdict(replace(run_folder.passed(), run_id="control"), quiet)
    return broken, quiet


def test_a_control_keeps_the_load_and_breaks_nothing() -> None:
    scenario = catalogue.scenario("primary_gateway_outage")
    control = control_of(scenario, catalogue.scenario(catalogue.QUIET).must_hold)
    assert control.load == scenario.load
    assert control.faults == ()
    assert control.should_meet == ()
    demanded = {invariant.id for invariant in control.must_hold}
    assert {"I1", "I16"} <= demanded
    assert "I37" not in demanded  # service that is back after a fault has no witness on a quiet day


def test_every_scenario_with_faults_has_a_control() -> None:
    quiet = catalogue.scenario(catalogue.QUIET).must_hold
    for name in catalogue.scenario_names():
        assert control_of(catalogue.scenario(name), quiet).must_hold, name


def test_the_effect_is_measured_in_the_faults_own_windows_and_kept(pair: tuple[Path, Path]) -> None:
    broken, quiet = pair
    effect = note_effect(broken, quiet)
    assert effect.control == "control"
    assert effect.verdict is Verdict.PASS
    assert {item.part for item in effect.figures} == {"during", "after"}
    # Both folders hold the same requests, so that nothing may be called an effect here.
    assert {item.change for item in effect.figures if item.change is not None} == {0.0}
    assert {item.outcome for item in effect.figures} <= {"alike", "open", "not judged"}
    assert read_effect(broken) == effect
    assert read_effect(quiet) is None


def test_a_report_tells_the_effect_in_every_format_and_is_read_back_whole(pair: tuple[Path, Path]) -> None:
    broken, quiet = pair
    report = replace(run_folder.passed(), effect=note_effect(broken, quiet))
    assert from_document(json.loads(json.dumps(as_document(report)))) == report
    with Evidence(broken) as evidence:
        for render in (text.render, markdown.render, html.render):
            told = render(report, evidence)
            assert "Against the same plan without the fault" in told
            assert "no effect was shown" in told


def test_a_control_that_failed_is_told_beside_the_effect() -> None:
    effect = Effect("run-control", Verdict.FAIL, ("I1 is broken",), 0.95, (), ())
    report = replace(run_folder.passed(), effect=effect)
    lines = " ".join("\n".join(text._effect(report)).split())
    assert "The control (run-control): FAIL" in lines
    assert "control: I1 is broken" in lines
    assert "could not be judged" in lines
