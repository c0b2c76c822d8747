"""Planted bugs beside their sound twins: what counts as caught, what is left to do, and what the table says."""

import json
import subprocess
from pathlib import Path

import msgspec
import pytest

from harness.core.errors import UsageError
from harness.core.plain import json_text
from harness.score.cases import Case
from harness.score.outcome import Outcome, Record
from harness.score.pairs import Pair, ToDo, pair_up
from harness.score.planted import BugRow, BugTable, markdown, recorded, rows
from harness.score.publishing import publish, published
from harness.score.revision import UNKNOWN, revision


def case(bug: str = "B07", *, scenario: str = "calm", seed: int = 1) -> Case:
    """Return a case whose bug I1 must name."""
    return Case(scenario, seed, bug, ("I1",))


def ran(item: Case, verdict: str, *violated: str, revision: str = "r1", seconds: float = 10.0) -> Outcome:
    """Return an outcome."""
    return Outcome(item, verdict, violated, (), seconds, revision)


@pytest.mark.parametrize(
    ("planted", "violated", "twin", "caught"),
    [
        ("FAIL", ("I1", "I9"), "PASS", True),
        ("FAIL", ("I9",), "PASS", False),
        ("FAIL", (), "PASS", False),
        ("INCONCLUSIVE", (), "PASS", False),
        ("HARNESS_FAILED", (), "PASS", False),
        ("EXIT 70", (), "PASS", False),
        ("PASS", (), "PASS", False),
        ("FAIL", ("I1",), "FAIL", False),
        ("FAIL", ("I1",), "INCONCLUSIVE", False),
    ],
)
def test_caught_is_a_failure_for_its_reason_beside_a_twin_that_passes(
    planted: str, violated: tuple[str, ...], twin: str, caught: bool
) -> None:
    assert Pair(ran(case(), planted, *violated), ran(case().twin, twin)).caught is caught


def test_without_a_twin_nothing_is_caught() -> None:
    assert not Pair(ran(case(), "FAIL", "I1"), None).caught


def test_a_twin_of_another_revision_is_no_twin() -> None:
    outcomes = [ran(case(), "FAIL", "I1", revision="r1"), ran(case().twin, "PASS", revision="r2")]
    assert pair_up([case()], outcomes)[case().key].twin is None


def test_a_complete_pair_counts_before_a_later_half_one() -> None:
    outcomes = [
        ran(case(), "FAIL", "I1", revision="r1"),
        ran(case().twin, "PASS", revision="r1"),
        ran(case(), "INCONCLUSIVE", revision="r2"),
    ]
    assert pair_up([case()], outcomes)[case().key].caught


def test_a_twin_is_run_once_for_all_bugs_that_need_it_and_before_them() -> None:
    to_do = ToDo([[case("B07")], [case("B14")], [case("B14", seed=2)]], [], "r1")
    assert [[item.key for item in batch] for batch in to_do.batches] == [
        ["calm seed 1"],
        ["calm seed 1 bug B07"],
        ["calm seed 1 bug B14"],
        ["calm seed 2"],
        ["calm seed 2 bug B14"],
    ]
    assert to_do.runs == 5


def test_what_is_complete_at_another_revision_is_not_run_again_and_half_a_pair_is() -> None:
    whole, half = case("B07"), case("B14", seed=2)
    outcomes = [ran(whole.twin, "PASS"), ran(whole, "FAIL", "I1"), ran(half.twin, "PASS")]
    to_do = ToDo([[whole], [half]], outcomes, "r2")
    assert [[item.key for item in batch] for batch in to_do.batches] == [["calm seed 2"], ["calm seed 2 bug B14"]]
    assert [item.key for batch in ToDo([[whole], [half]], outcomes, "r1").batches for item in batch] == [half.key]


def test_what_could_not_say_is_run_again_only_when_asked_for_and_the_table_says_so(tmp_path: Path) -> None:
    record = Record(tmp_path / "bugs.jsonl", resume=False)
    for outcome in (ran(case().twin, "INCONCLUSIVE"), ran(case(), "FAIL", "I1")):
        record.add(outcome)
    assert ToDo([[case()]], record.outcomes, "r1").runs == 0
    again = ToDo([[case()]], record.outcomes, "r1", again=True)
    assert [item.key for batch in again.batches for item in batch] == [case().twin.key]
    record.add(ran(case().twin, "PASS"))
    found = rows([case()], Record(tmp_path / "bugs.jsonl", resume=True).outcomes)
    twin = found[0].runs[0].twin
    assert (found[0].caught, twin and twin.tries) == (1, 2)
    assert "1 of these runs, or their twins, were made again" in markdown(found)


def test_the_table_says_what_was_caught_by_what_and_what_the_others_came_to() -> None:
    cases = [Case("late_success_after_fallback", seed, "B07", ("I1",)) for seed in (1, 2, 3, 4)]
    outcomes = [ran(item.twin, "PASS") for item in cases[:3]]
    outcomes += [
        ran(cases[0], "FAIL", "I33", "I1", seconds=31),
        ran(cases[1], "FAIL", "I1", seconds=33),
        ran(cases[2], "FAIL", "I4"),
    ]
    found = rows(cases, outcomes)
    assert (found[0].caught, found[0].of, found[0].missing) == (2, 3, (4,))
    table = markdown(found)
    assert "| 2 of 3 | 1-3 | I1, I33 (1) | 32 s | PASS 3 | seed 3: FAIL I4; not run: 4 |" in table
    assert "0 of 1 planted bugs that ran were caught in every run" in table
    assert "`r1` (3)" in table
    assert msgspec.json.decode(json_text(found), type=tuple[BugRow, ...]) == found


def test_a_table_is_published_in_its_section_with_its_data_beside_the_page(tmp_path: Path) -> None:
    page = tmp_path / "mutation-score.md"
    page.write_text("# Score\n\n<!-- score: bugs -->\nold\n<!-- end -->\n\nmore\n")
    beside = publish(page, "bugs", "| new |", BugTable(()))
    assert page.read_text() == "# Score\n\n<!-- score: bugs -->\n| new |\n<!-- end -->\n\nmore\n"
    assert json.loads(beside.read_text()) == {"bugs": []}
    with pytest.raises(UsageError, match="no section"):
        publish(page, "mutants", "", BugTable(()))


def test_a_revision_is_of_what_runs_are_made_of_and_tells_what_is_not_committed(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=n", "-c", "user.email=n@localhost"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True)

    assert revision(tmp_path) == UNKNOWN
    git("init")
    for name in ("system", "docs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text("1")
        git("add", ".")
        git("commit", "-m", name)
    first = revision(tmp_path)
    assert "+" not in first
    (tmp_path / "docs" / "a.txt").write_text("2")
    assert revision(tmp_path) == first
    (tmp_path / "system" / "a.txt").write_text("2")
    changed = revision(tmp_path)
    (tmp_path / "system" / "b.txt").write_text("new")
    assert changed.startswith(f"{first}+")
    assert revision(tmp_path) not in {first, changed}


def test_a_series_goes_on_from_what_was_published_where_its_record_is_lost(tmp_path: Path) -> None:
    page = tmp_path / "score.md"
    page.write_text("<!-- score: bugs -->\n<!-- end -->\n")
    outcomes = [ran(case().twin, "PASS"), ran(case(), "FAIL", "I1"), ran(case(seed=2), "INCONCLUSIVE")]
    publish(page, "bugs", "", BugTable(rows([case(), case(seed=2)], outcomes)))
    record = Record(tmp_path / "bugs.jsonl", resume=False)
    record.add(ran(case(), "FAIL", "I1", seconds=7.0))
    known = published(page, "bugs", BugTable)
    assert known is not None
    record.adopt(recorded(known))
    assert {(item.case.key, item.verdict, item.seconds) for item in record.outcomes} == {
        ("calm seed 1", "PASS", 10.0),
        ("calm seed 1 bug B07", "FAIL", 7.0),
        ("calm seed 2 bug B07", "INCONCLUSIVE", 10.0),
    }
    left = ToDo([[case()], [case(seed=2)], [case(seed=3)]], record.outcomes, "r1").batches
    assert [[item.key for item in batch] for batch in left] == [
        ["calm seed 2"], ["calm seed 3"], ["calm seed 3 bug B07"]
    ]  # fmt: skip


def test_nothing_is_known_of_a_page_without_data_and_damaged_data_is_named(tmp_path: Path) -> None:
    page = tmp_path / "score.md"
    assert published(page, "bugs", BugTable) is None
    (tmp_path / "score-bugs.json").write_text("{")
    with pytest.raises(UsageError, match=r"score-bugs\.json is damaged"):
        published(page, "bugs", BugTable)


def test_what_was_published_is_older_than_what_the_record_has(tmp_path: Path) -> None:
    record = Record(tmp_path / "bugs.jsonl", resume=False)
    for item in (ran(case().twin, "PASS", revision="r2"), ran(case(), "FAIL", "I1", revision="r2")):
        record.add(item)
    record.adopt([ran(case().twin, "PASS", revision="r1"), ran(case(), "PASS", revision="r1")])
    for outcomes in (record.outcomes, Record(tmp_path / "bugs.jsonl", resume=True).outcomes):
        assert len(outcomes) == 4
        assert pair_up([case()], outcomes)[case().key].caught


def test_published_data_of_another_make_is_named(tmp_path: Path) -> None:
    run = {"seed": 1, "twin": None, "revision": "r", "caught": False, "verdict": "PASS", "violated": [], "tries": 1}
    row = {"bug": "B07", "title": "", "caught_by": ["I1"], "scenario": "calm", "caught": 0, "of": 1, "missing": []}
    (tmp_path / "score-bugs.json").write_text(json.dumps({"bugs": [{**row, "runs": [run]}]}))
    with pytest.raises(UsageError, match="`seconds`"):
        published(tmp_path / "score.md", "bugs", BugTable)


def test_what_has_not_run_is_neither_caught_nor_missed() -> None:
    cases = [case("B07"), case("B14"), case("B14", seed=2), case("B05")]
    outcomes = [ran(case("B07").twin, "PASS"), ran(case("B07"), "FAIL", "I1"), ran(case("B14"), "PASS")]
    told = markdown(rows(cases, outcomes))
    assert "1 of 2 planted bugs that ran were caught in every run while the sound twin passed: 1 of 2 runs." in told
    assert "Not run yet: 1. With runs left to make: 1." in told
