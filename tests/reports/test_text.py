"""The text report says the right things in the right order."""

from dataclasses import replace

import pytest

from harness.core.evidence import Evidence
from harness.core.report import Report
from reports.formats import text
from tests.reports import run_folder


def lines_of(report: Report, evidence: Evidence) -> list[str]:
    return text.render(report, evidence).splitlines()


def flat(report: Report, evidence: Evidence) -> str:
    return " ".join(text.render(report, evidence).split())


def test_the_verdict_comes_first_then_why_then_what_was_promised(broken_run: Evidence) -> None:
    lines = lines_of(run_folder.failed(), broken_run)
    assert lines[0].startswith("FAIL ")
    order = [lines.index(heading) for heading in ("Why", "Promised and measured", "Faults", "Load", "Invariants")]
    assert order == sorted(order)


def test_the_last_line_of_a_failure_is_the_command_that_shows_it_again(broken_run: Evidence) -> None:
    report = run_folder.failed()
    assert lines_of(report, broken_run)[-1] == report.repeat


def test_a_failure_shows_its_smallest_counterexample_how_many_more_and_the_money(broken_run: Evidence) -> None:
    told = flat(run_folder.failed(), broken_run)
    assert "FAIL I1 One logical payment is charged at most once over all gateways together" in told
    assert "smallest counterexample: order-00800: charged at stripe and at paypal" in told
    assert "and 122 more" in told
    assert "money at risk: EUR 2,458.77 + JPY 1,204,000 + KWD 77.125" in told


def test_what_held_is_summed_up_with_how_often_it_was_tested(sound_run: Evidence) -> None:
    told = flat(run_folder.passed(), sound_run)
    assert "8 held" in told
    assert "I2 (2,760)" in told
    assert "I13 (0 of 20)" in told


def test_an_inconclusive_run_says_what_was_missing_and_that_it_is_no_pass(sound_run: Evidence) -> None:
    told = flat(run_folder.undecided(), sound_run)
    assert told.startswith("INCONCLUSIVE")
    assert "This is not a pass." in told
    assert "missing: 0 of 20 fallbacks: nothing tested it" in told
    assert "NO HITS" in told


def test_a_planted_bug_is_announced_right_below_the_verdict(broken_run: Evidence) -> None:
    report = run_folder.failed()
    assert lines_of(report, broken_run)[1].startswith("!!! PLANTED BUG B07")
    assert "PLANTED" not in text.render(run_folder.passed(), broken_run)


@pytest.mark.parametrize("made", [run_folder.passed, run_folder.failed, run_folder.undecided])
def test_nothing_is_wider_than_a_hundred_columns_or_needs_colour(made, broken_run: Evidence) -> None:
    told = text.render(made(), broken_run)
    paths = str(broken_run.folder)
    assert [line for line in told.splitlines() if len(line) > text.WIDTH and paths not in line] == []
    assert "\x1b" not in told


@pytest.mark.parametrize(
    ("learnt", "told"),
    [
        (None, "58 unknown"),
        (58, "58 unknown at their answer (all known from a later read)"),
        (55, "58 unknown at their answer (55 of them known from a later read)"),
    ],
)
def test_what_was_unknown_at_its_answer_and_known_in_the_end_is_told_apart(
    sound_run: Evidence, learnt: int | None, told: str
) -> None:
    report = run_folder.passed()
    report = replace(report, load=replace(report.load, learnt=learnt))
    assert f"180 failed, {told} generator:" in flat(report, sound_run)
