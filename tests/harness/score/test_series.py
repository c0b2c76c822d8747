"""A series of runs: which it makes, that it tells of each as it ends, and that it goes on where it was interrupted."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks.soak.table import table
from harness import bound, catalogue
from harness.score.cases import Case, bug_batches, left_over, sound_batches
from harness.score.outcome import Outcome, Record
from harness.score.running import Runner

PRETEND = """
import json, pathlib, sys
out, code, *verdicts = json.loads(sys.argv[1])
for name, verdict in verdicts:
    print(f"{name}  seed 1", file=sys.stderr)
    if verdict == "HARNESS_FAILED":
        print("error: no room", file=sys.stderr)
        continue
    folder = pathlib.Path(out) / name
    folder.mkdir()
    found = [{"id": "I1", "verdict": "FAIL"}] if verdict == "FAIL" else []
    told = {"scenario": name, "verdict": verdict, "invariants": found, "reasons": []}
    (folder / "verdict.json").write_text(json.dumps(told))
    print(f"report: {folder / 'report.html'}", file=sys.stderr)
if code < 100:
    print(json.dumps([{"scenario": name, "verdict": verdict, "error": "no room"} for name, verdict in verdicts]))
sys.exit(code)
"""


def pretend(monkeypatch: pytest.MonkeyPatch, out: Path, code: int, *verdicts: tuple[str, str]) -> None:
    """Let `faultline run` be a script that comes to these verdicts and ends with this code."""
    told = json.dumps([str(out), code, *verdicts])
    monkeypatch.setattr(bound, "command", lambda *_: [sys.executable, "-c", PRETEND, told])


def case(name: str, *, bug: str = "", seed: int = 1) -> Case:
    """Return a case; a bug is to be caught by I1."""
    return Case(name, seed, bug, ("I1",) if bug else ())


def outcome(name: str, verdict: str, *, bug: str = "", seed: int = 1, violated: tuple[str, ...] = ()) -> Outcome:
    """Return an outcome that took ten seconds."""
    return Outcome(case(name, bug=bug, seed=seed), verdict, violated, (), 10.0)


def test_every_run_of_a_batch_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pretend(monkeypatch, tmp_path, 1, ("calm", "PASS"), ("brownout", "FAIL"))
    told = list(Runner(tmp_path).carry_out([case("calm"), case("brownout")]))
    assert [(item.case.scenario, item.verdict, item.violated) for item in told] == [
        ("calm", "PASS", ()),
        ("brownout", "FAIL", ("I1",)),
    ]
    assert [item.as_it_should_be for item in told] == [True, False]


def test_a_run_at_which_the_harness_failed_is_told_with_its_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pretend(monkeypatch, tmp_path, 70, ("calm", "HARNESS_FAILED"), ("brownout", "PASS"))
    told = {item.case.scenario: item for item in Runner(tmp_path).carry_out([case("calm"), case("brownout")])}
    assert (told["calm"].verdict, told["calm"].reasons) == ("HARNESS_FAILED", ("no room",))
    assert told["brownout"].as_it_should_be


def test_an_interrupted_run_leaves_no_outcome(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pretend(monkeypatch, tmp_path, 143, ("calm", "PASS"))
    told = list(Runner(tmp_path).carry_out([case("calm"), case("brownout")]))
    assert [(item.case.scenario, item.verdict) for item in told] == [("calm", "PASS")]


def test_cases_that_a_dead_process_never_came_to_are_not_forgotten(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pretend(monkeypatch, tmp_path, 137, ("calm", "PASS"))
    told = list(Runner(tmp_path).carry_out([case("calm"), case("brownout")]))
    assert [(item.case.scenario, item.verdict) for item in told] == [("calm", "PASS"), ("brownout", "EXIT 137")]
    assert told[1].reasons[-1].startswith("report: ")


def test_a_planted_bug_is_as_it_should_be_only_when_one_of_its_invariants_names_it() -> None:
    assert outcome("calm", "FAIL", bug="B07", violated=("I33", "I1")).as_it_should_be
    assert not outcome("calm", "FAIL", bug="B07", violated=("I33",)).as_it_should_be
    assert not outcome("calm", "PASS", bug="B07").as_it_should_be


def test_everything_is_every_scenario_with_every_seed_and_every_bug_wherever_it_shows() -> None:
    names, bugs = catalogue.scenario_names(), catalogue.planted_bugs()
    sound = [item for batch in sound_batches(names, range(1, 3)) for item in batch]
    assert {(item.scenario, item.seed) for item in sound} == {(name, seed) for name in names for seed in (1, 2)}
    planted = [item for batch in bug_batches(list(bugs), range(1, 3)) for item in batch]
    assert len(planted) == 2 * sum(len(bug.shown_by) for bug in bugs.values())


def test_every_bug_is_tried_once_before_any_is_tried_elsewhere() -> None:
    batches = list(bug_batches(list(catalogue.planted_bugs()), [1]))
    firsts = [(bug.id, bug.shown_by[0]) for bug in catalogue.planted_bugs().values()]
    assert [(item.bug, item.scenario) for batch in batches[: len(firsts)] for item in batch] == firsts


def test_a_batch_is_one_call_so_it_has_one_seed_and_one_bug() -> None:
    batches = [*sound_batches(catalogue.scenario_names(), range(2)), *bug_batches(["B07", "B14"], range(2))]
    assert all(len({(item.seed, item.bug) for item in batch}) == 1 for batch in batches)


def test_an_interrupted_soak_goes_on_with_what_is_left(tmp_path: Path) -> None:
    path = tmp_path / "soak.jsonl"
    first = Record(path, resume=False)
    first.add(outcome("calm", "PASS"))
    first.add(outcome("brownout", "EXIT 137"))
    with path.open("a") as stream:
        stream.write('{"case": {"scen')
    again = Record(path, resume=True)
    batches = left_over(iter([[case("calm"), case("brownout"), case("gateway_latency")]]), again.done)
    assert [[item.scenario for item in batch] for batch in batches] == [["brownout", "gateway_latency"]]


def test_a_run_made_again_takes_the_place_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "soak.jsonl"
    record = Record(path, resume=False)
    for verdict in ("EXIT 137", "PASS"):
        record.add(outcome("calm", verdict))
    assert [item.verdict for item in record.outcomes] == ["PASS"]
    assert [item.verdict for item in Record(path, resume=True).outcomes] == ["PASS"]


def test_a_new_soak_forgets_the_record_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "soak.jsonl"
    Record(path, resume=False).add(outcome("calm", "PASS"))
    assert Record(path, resume=False).done == set()


def test_the_table_counts_what_was_right_and_names_the_seeds_that_were_not() -> None:
    told = table(
        [
            outcome("calm", "PASS"),
            outcome("calm", "INCONCLUSIVE", seed=2),
            outcome("calm", "FAIL", bug="B07", violated=("I33", "I1"), seed=4),
        ]
    )
    assert "| `calm` | 1 of 2 | 1-2 | 10 s | seed 2: INCONCLUSIVE |" in told
    assert "| B07 | `calm` | 1 of 1 | 4 | 10 s | I1, I33 | - |" in told
