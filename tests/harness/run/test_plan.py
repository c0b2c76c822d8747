"""A run's plan and folder, and the live tally."""

import json
import os
from pathlib import Path

import pytest

from harness import catalogue
from harness.core.errors import UsageError
from harness.judge.accounting import load_result
from harness.run.live import Tally
from harness.run.plan import RunPlan, make_folder
from tests.harness.invariants.story import Story


def plan(folder: Path, seed: int = 3) -> RunPlan:
    return RunPlan(
        scenario_name="primary_gateway_outage",
        story="a story",
        scenario=catalogue.scenario("primary_gateway_outage"),
        seed=seed,
        bug=None,
        target="embedded",
        folder=folder,
        load_workers=1,
        repeat="faultline run primary_gateway_outage --seed 3",
    )


def test_a_plan_is_a_pure_value_of_scenario_and_seed(tmp_path: Path) -> None:
    documents = [
        plan(tmp_path).document(5_000_000, {"timeouts": {"PAY_BREAKER_OPEN_S": "2"}}, {"services": {"api1": "api"}})
        for _ in range(2)
    ]
    assert documents[0] == documents[1]


def test_a_plan_tells_faults_invariants_and_settings(tmp_path: Path) -> None:
    made_of = {"services": {"api1": "api"}, "links": {"a-to-b": "why"}}
    document = json.loads(json.dumps(plan(tmp_path).document(0, {"versions": {"postgresql": "18"}}, made_of)))
    assert document["faults"][0]["name"] == "gateway_down"
    assert {"I1", "I33", "I35"} <= set(document["must_hold"])
    assert document["settings"]["versions"] == {"postgresql": "18"}
    assert {part: document[part] for part in made_of} == made_of


def test_two_runs_in_the_same_second_get_folders_of_their_own(tmp_path: Path) -> None:
    folders = {make_folder(tmp_path, "calm", 1) for _ in range(3)}
    assert len(folders) == 3


def test_an_out_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--out"):
        make_folder(tmp_path / "file", "calm", 1)


def test_a_full_disk_or_forbidden_folder_is_refused_with_its_reason() -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        make_folder(Path("/proc") if os.geteuid() == 0 else Path("/"), "calm", 1)


def test_the_tally_follows_files_as_they_grow_and_waits_for_whole_lines(tmp_path: Path) -> None:
    file = tmp_path / "history-w0.jsonl"
    tally = Tally(tmp_path)
    file.write_text('{"e":"invoke"}\n{"e":"complete","op":"a","outcome":"OK"}\n{"e":"complete","op":"b","outc')
    assert tally.look() == {"OK": 1}
    with file.open("a") as more:
        more.write('ome":"UNKNOWN"}\n')
    assert tally.look() == {"OK": 1, "UNKNOWN": 1}


def test_the_tally_counts_operations_as_the_report_does_and_not_their_attempts(tmp_path: Path) -> None:
    story = Story(tmp_path / "run")
    for op, outcomes in {
        "late": ["UNKNOWN", "UNKNOWN", "OK"],
        "lost": ["UNKNOWN", "FAILED"],
        "no": ["FAILED", "FAILED"],
        "yes": ["OK"],
    }.items():
        for number, outcome in enumerate(outcomes, start=1):
            story.client("create", 1.0 + number, op=op, attempt=number, outcome=outcome)
    lines = [json.dumps({"e": "complete", "op": row["op"], "outcome": row["outcome"]}) for row in story.rows["history"]]
    (tmp_path / "history-w0.jsonl").write_text("\n".join(lines) + "\n")
    tally = Tally(tmp_path)
    tally.look()
    assert tally.words == "operations: ok 2  failed 1  unknown 1"
    with story.evidence() as evidence:
        load = load_result(evidence)
    assert (load.ok, load.failed, load.unknown) == (2, 1, 1)
