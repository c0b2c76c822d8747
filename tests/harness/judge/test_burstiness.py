"""How bursty the load was is counted from when requests were really sent."""

import json
from dataclasses import replace
from pathlib import Path

from harness.core.evidence import Evidence
from harness.core.report import Burstiness
from harness.judge.accounting import load_result
from harness.judge.stored import as_document, from_document
from reports.formats import html, markdown, text
from tests.reports import run_folder


def test_a_planned_load_and_what_reached_the_system_are_counted_apart(tmp_path: Path) -> None:
    folder = run_folder.build(tmp_path / "run")
    plan = json.loads((folder / "plan.json").read_text())
    plan["load"]["arrivals"] = {"name": "black.csv", "dispersion_recorded": 9.5}
    (folder / "plan.json").write_text(json.dumps(plan))
    with Evidence(folder) as evidence:
        found = load_result(evidence)
    assert found.recording == "black.csv"
    assert found.burstiness is not None
    assert found.burstiness.recorded == 9.5
    told = [found.burstiness.planned, found.burstiness.arrived, found.burstiness.requests]
    assert all(index is not None and index >= 0 for index in told)


def test_every_report_of_a_replay_tells_it_and_no_other_does(tmp_path: Path) -> None:
    with Evidence(run_folder.build(tmp_path / "run")) as evidence:
        _check_reports(evidence)


def _check_reports(broken_run: Evidence) -> None:
    plain = run_folder.passed()
    bursty = Burstiness(1.0, 9.5, 8.25, 7.125, None)
    replayed = replace(plain, load=replace(plain.load, recording="black.csv", burstiness=bursty))
    for render in (text.render, markdown.render, html.render):
        words = " ".join(render(replayed, broken_run).replace("\\_", "_").split())
        assert "recorded 9.50, planned 8.25, reached the system 7.12, all requests not known" in words
        assert "index of dispersion" not in render(plain, broken_run)
    assert from_document(json.loads(json.dumps(as_document(replayed)))) == replayed
