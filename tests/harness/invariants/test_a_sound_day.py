"""A sound platform is silent, and its silence means something."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import invariants
from harness.core.evidence import Evidence
from harness.core.judgement import Invariant
from harness.core.verdicts import Verdict
from harness.invariants import catalogue
from harness.judge.findings import find
from tests.harness.invariants.days import sound_day
from tests.harness.invariants.story import Story


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    story = Story(tmp_path_factory.mktemp("sound"))
    sound_day(story)
    with story.evidence() as evidence:
        yield evidence


@pytest.mark.parametrize("invariant", catalogue(), ids=lambda invariant: invariant.id)
def test_every_invariant_is_put_to_the_test_and_holds(sound: Evidence, invariant: Invariant) -> None:
    finding = find(sound, invariant, required=True)
    assert [example.what for example in finding.examples] == []
    assert finding.reason == ""
    assert finding.verdict is Verdict.PASS


@pytest.mark.parametrize("invariant", catalogue(), ids=lambda invariant: invariant.id)
def test_a_run_in_which_nothing_happened_is_never_a_pass(tmp_path: Path, invariant: Invariant) -> None:
    with Story(tmp_path).evidence() as nothing:
        finding = find(nothing, invariant, required=True)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.reason.startswith("not put to the test: 0")


@pytest.mark.parametrize("invariant", catalogue(), ids=lambda invariant: invariant.id)
def test_an_invariant_whose_tables_are_missing_is_not_judged(tmp_path: Path, invariant: Invariant) -> None:
    story = Story(tmp_path)
    story.without = {invariant.needs[0]}
    with story.evidence() as partial:
        finding = find(partial, invariant, required=True)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.reason == f"missing: {invariant.needs[0]}"


def test_every_invariant_has_a_file_of_its_number_and_none_is_left_out() -> None:
    files = sorted(Path(invariants.__file__).parent.glob("i[0-9]*.py"))
    assert [item.id for item in catalogue()] == [f"I{int(file.name[1:].split('_')[0])}" for file in files]
