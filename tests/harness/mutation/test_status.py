"""Where a mutant stands after its runs, which run comes next, and what the tables say."""

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from harness.core.plain import json_text
from harness.mutation.campaign import Campaign
from harness.mutation.mutant import Edit, Mutant, Site
from harness.mutation.reach import ReachMap, noted, numbered, reports_of
from harness.mutation.status import Knowledge, Status
from harness.mutation.table import MutantTable, Sample, markdown, rows, summary
from harness.score.cases import Case
from harness.score.outcome import Outcome
from harness.workspace import Workspace

SOURCE = b"a < b\n"
TOLD = Sample(sample=1, mutants=9, scope="abc", seed=7, run_seed=1, at_most=6, scenarios=2)


def mutant(name: str = "M00000001", *, function: str = "f", start: int = 0) -> Mutant:
    """Return a mutant of a file with one line."""
    site = Site(start, 5, "expression")
    return Mutant(name, "system/a.py", function, 1, "boundary off by one", site, Edit(2, 3, "<="), "<")


def sound(scenario: str, verdict: str = "PASS", *, revision: str = "r1", seconds: float = 30.0) -> Outcome:
    """Return a sound twin's outcome."""
    return Outcome(Case(scenario, 1), verdict, (), (), seconds, revision)


def ran(
    scenario: str, verdict: str, *violated: str, reached: int | None = 5, revision: str = "r1", name: str = "M00000001"
) -> Outcome:
    """Return the outcome of a run with the mutant."""
    return Outcome(Case(scenario, 1, name), verdict, violated, (), 31.0, revision, reached=reached)


@pytest.fixture
def reach(tmp_path: Path) -> ReachMap:
    """Two scenarios that reach the mutant, and one that does not."""
    found = ReachMap(tmp_path / "reach.json")
    found.add("calm", {"M00000001": 9}, "r1")
    found.add("brownout", {"M00000001": 7, "M00000002": 5}, "r1")
    found.add("answer_lost", {"M00000002": 5}, "r1")
    return found


TWINS = (sound("calm"), sound("brownout", seconds=60.0), sound("answer_lost"))


def status(outcomes: Sequence[Outcome], reach: ReachMap, **options: object) -> Status:
    """Return where the mutant stands after the sound twins and these runs."""
    given: dict[str, object] = {"seed": 1, "at_most": 6, **options}
    return Knowledge([*TWINS, *outcomes], reach, {}, **given).status(mutant(), "r1")  # type: ignore[arg-type]


def test_a_mutant_is_open_under_the_scenarios_that_reach_it_the_quick_ones_first(reach: ReachMap) -> None:
    assert (status([], reach).word, status([], reach).left) == ("open", ("calm", "brownout"))


def test_a_scenario_that_goes_there_all_the_time_comes_before_one_that_goes_there_once(reach: ReachMap) -> None:
    reach.add("calm", {"M00000001": 1}, "r1")
    assert status([], reach).left == ("brownout", "calm")


def test_caught_is_a_failure_by_an_invariant_beside_a_twin_that_passes(reach: ReachMap) -> None:
    found = status([ran("calm", "FAIL", "I1")], reach)
    assert found.word == "caught"
    assert found.caught is not None
    assert found.caught.violated == ("I1",)


@pytest.mark.parametrize("verdict", ["PASS", "FAIL", "INCONCLUSIVE"])
def test_a_run_without_a_violated_invariant_leaves_it_open_to_the_next_scenario(verdict: str, reach: ReachMap) -> None:
    found = status([ran("calm", verdict)], reach)
    assert (found.word, found.left) == ("open", ("brownout",))


def test_a_failure_beside_a_twin_of_another_revision_is_not_caught(reach: ReachMap) -> None:
    assert status([ran("calm", "FAIL", "I1", revision="r0")], reach).word == "open"


def test_a_mutant_that_every_scenario_reached_and_none_caught_has_survived(reach: ReachMap) -> None:
    found = status([ran("calm", "PASS"), ran("brownout", "FAIL")], reach)
    assert (found.word, len(found.survived)) == ("survived", 2)
    assert status([ran("calm", "PASS")], reach, at_most=1).word == "survived"


def test_a_run_that_did_not_get_there_uses_up_no_try(reach: ReachMap) -> None:
    missed = status([ran("calm", "INCONCLUSIVE", reached=0)], reach, at_most=1)
    assert (missed.word, missed.left) == ("open", ("brownout",))
    assert status([ran("calm", "INCONCLUSIVE", reached=2)], reach, at_most=1).left == ()
    again = status([ran("calm", "INCONCLUSIVE", reached=0)], reach, at_most=1, again=True)
    assert again.left == ("brownout",), "who missed it comes last"


def test_runs_that_do_not_get_there_end_some_time(reach: ReachMap) -> None:
    names = [f"scenario_{number}" for number in range(9)]
    for name in names:
        reach.add(name, {"M00000001": 1}, "r1")
    missed = [ran(name, "INCONCLUSIVE", reached=0) for name in names[:6]]
    twins = [sound(name) for name in names]
    assert status([*twins, *missed[:5]], reach, at_most=2).word == "open"
    assert status([*twins, *missed], reach, at_most=2).word == "never reached"


def test_a_mutant_that_no_run_reached_is_never_reached(reach: ReachMap) -> None:
    runs = [ran("calm", "INCONCLUSIVE", reached=0), ran("brownout", "INCONCLUSIVE", reached=0)]
    assert status(runs, reach).word == "never reached"
    assert Knowledge(TWINS, reach, {}, seed=1, at_most=6).status(mutant("M00000009"), "r1").word == "never reached"


def test_nothing_is_called_never_reached_before_the_reach_of_every_scenario_is_known(reach: ReachMap) -> None:
    far = mutant("M00000009")
    for every, word in ((["calm", "brownout"], "never reached"), (["calm", "hanging_gateway"], "open")):
        assert Knowledge(TWINS, reach, {}, seed=1, at_most=6, every=every).status(far, "r1").word == word


def test_a_mutant_whose_twins_have_not_passed_waits(reach: ReachMap) -> None:
    knowledge = Knowledge([sound("calm", "INCONCLUSIVE")], reach, {}, seed=1, at_most=6)
    assert (knowledge.status(mutant(), "r1").word, knowledge.status(mutant(), "r1").left) == ("open", ())


def test_a_platform_that_does_not_start_is_not_caught_and_counts(reach: ReachMap) -> None:
    found = status([ran("calm", "HARNESS_FAILED", reached=None)], reach)
    assert (found.word, found.counts) == ("does not run", True)
    assert status([ran("calm", "HARNESS_FAILED", reached=None)], reach, again=True).left == ("calm", "brownout")


def test_what_could_not_say_is_left_to_make_only_when_asked_for(reach: ReachMap) -> None:
    runs = [ran("calm", "INCONCLUSIVE"), ran("brownout", "PASS")]
    assert status(runs, reach).word == "survived"
    assert status(runs, reach, again=True).left == ("calm",)


def test_an_equivalent_mutant_is_not_run(reach: ReachMap) -> None:
    found = Knowledge(TWINS, reach, {"M00000001": "why"}, seed=1, at_most=6).status(mutant(), "r1")
    assert (found.word, found.left, found.reason, found.counts) == ("equivalent", (), "why", False)


def test_a_campaign_stops_at_the_first_catch_and_tries_first_what_caught_a_neighbour(reach: ReachMap) -> None:
    second = mutant("M00000002")
    knowledge = Knowledge(TWINS, reach, {}, seed=1, at_most=6)
    campaign = Campaign([mutant(), second], knowledge, "r1")
    runs = []
    for batch in campaign.batches():
        (case,) = batch
        runs.append((case.bug, case.scenario))
        verdict = ("FAIL", "I1") if case.scenario == "brownout" else ("PASS",)
        outcome = ran(case.scenario, *verdict, name=case.bug)
        campaign.told(outcome)
    assert campaign.worded(outcome).startswith(
        "M00000002 caught by I1 in brownout (31 s, reached 5 times): system/a.py:1 f"
    )
    assert runs == [("M00000001", "calm"), ("M00000001", "brownout"), ("M00000002", "brownout")]


def test_a_run_that_did_not_take_place_is_not_tried_twice_in_one_sitting(reach: ReachMap) -> None:
    campaign = Campaign([mutant()], Knowledge(TWINS, reach, {}, seed=1, at_most=6), "r1")
    assert [batch[0].scenario for batch in campaign.batches()] == ["calm", "brownout"]


def test_a_copy_that_an_earlier_sitting_left_is_made_again(
    reach: ReachMap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def write(folder: Path, which: Mutant) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        made.append(which.id)

    monkeypatch.setattr("harness.mutation.campaign.write_mutant", write)
    workspace, second = Workspace(tmp_path), mutant("M00000002")
    write(workspace.mutants / mutant().id, mutant())
    campaign = Campaign([mutant(), second], Knowledge(TWINS, reach, {}, seed=1, at_most=6), "r1")
    for name in (mutant().id, mutant().id, second.id):
        campaign.prepare([Case("calm", 1, name)], workspace)
    assert made == [mutant().id, mutant().id, second.id]


def test_the_tables_have_the_score_and_each_survivor_with_its_diff(reach: ReachMap) -> None:
    outcomes = [
        ran("brownout", "FAIL", "I16", "I1", name="M00000002"),
        ran("calm", "PASS"),
        ran("brownout", "INCONCLUSIVE"),
    ]
    knowledge = Knowledge([*TWINS, *outcomes], reach, {"M00000003": "nobody reads it"}, seed=1, at_most=6)
    sample = [mutant(), mutant("M00000002"), mutant("M00000003"), mutant("M00000004")]
    found = rows([knowledge.status(each, "r1") for each in sample], {"system/a.py": SOURCE})
    count = summary(found)
    assert (count.caught, count.survived, count.equivalent, count.never_reached) == (1, 1, 1, 1)
    assert count.score == 0.5
    table = markdown(found, TOLD)
    assert "| 1 | 1 | 0 | 1 | 1 | 0 | 1 of 2 (50%) |" in table
    assert "| M00000002 | `system/a.py:1` `f` | boundary off by one | I1 I16 | `brownout` | 31 s |" in table
    assert "Tried: `calm` PASS, `brownout` INCONCLUSIVE." in table
    assert "```diff\n-a < b\n+a <= b\n```" in table
    assert "nobody reads it" in table
    written = json_text(MutantTable(TOLD, count, found))
    assert msgspec.json.decode(written, type=MutantTable) == MutantTable(TOLD, count, found)
    assert json.loads(written)["summary"]["never reached"] == 1


def test_nothing_decided_is_no_score(reach: ReachMap) -> None:
    found = rows([Knowledge(TWINS, reach, {}, seed=1, at_most=6).status(mutant(), "r1")], {"system/a.py": SOURCE})
    assert summary(found).score is None
    assert "| 0 | 0 | 0 | 0 | 0 | 1 | - |" in markdown(found, TOLD)


def test_reach_is_what_reported_while_the_run_went_on(tmp_path: Path) -> None:
    (tmp_path / "1.txt").write_text("0 1764561599.0\n1 1764561601.5\n2 1764561700.0\n3 17645")
    numbers = noted(tmp_path, "2025-12-01T04:00:00Z", "2025-12-01T04:00:30Z")
    assert numbers == {1: 1}
    mutants = [mutant(), mutant("M00000002", start=3)]
    assert reports_of(numbers, mutants, numbered(mutants)) == {"M00000002": 1}


def test_a_reach_map_is_kept_and_grows(tmp_path: Path, reach: ReachMap) -> None:
    reach.add("calm", {"M00000007": 2}, "r2")
    again = ReachMap(tmp_path / "reach.json")
    assert again.by(mutant()) == ["calm", "brownout"]
    assert again.by(mutant("M00000007")) == ["calm"]
