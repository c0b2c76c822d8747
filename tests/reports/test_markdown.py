"""The summary for a pull request."""

from dataclasses import replace

import pytest

from harness.core.evidence import Evidence
from harness.core.verdicts import Verdict
from reports.formats import markdown
from tests.reports import run_folder


@pytest.mark.parametrize("made", [run_folder.passed, run_folder.failed, run_folder.undecided])
def test_it_is_short_and_names_the_verdict_first(made, sound_run: Evidence) -> None:
    report = made()
    lines = markdown.render(report, sound_run).splitlines()
    assert len(lines) < 60
    assert report.verdict in lines[0]


def test_it_stays_short_when_everything_is_broken(broken_run: Evidence) -> None:
    report = run_folder.failed()
    broken = report.invariants[0]
    many = replace(
        report,
        reasons=tuple(f"reason {number}" for number in range(200)),
        invariants=tuple(replace(broken, id=f"I{number}") for number in range(1, 41)),
        objectives=report.objectives * 40,
        faults=report.faults * 40,
    )
    lines = markdown.render(many, broken_run).splitlines()
    assert len(lines) < 60
    assert "- and 195 more reasons" in lines
    assert "- and 35 more findings" in lines


def test_a_failure_names_counterexample_money_and_command(broken_run: Evidence) -> None:
    report = run_folder.failed()
    told = markdown.render(report, broken_run)
    assert "**I1**" in told
    assert "(and 122 more)" in told
    assert "**Money at risk: EUR 2,458.77 + JPY 1,204,000 + KWD 77.125**" in told
    assert "PLANTED BUG B07" in told
    assert report.repeat in told


def test_texts_from_the_platform_cannot_break_a_table_or_become_markup(sound_run: Evidence) -> None:
    report = run_folder.passed()
    objective = replace(report.objectives[0], measured="a | b\n<script>*x*", verdict=Verdict.FAIL)
    told = markdown.render(replace(report, objectives=(objective,)), sound_run)
    assert "a \\| b \\<script\\>\\*x\\*" in told
