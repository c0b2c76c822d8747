"""The table of crash points, in every format: who died where, and what was never reached."""

from dataclasses import replace

import pytest

from harness.core.crashes import Crash
from harness.core.evidence import Evidence
from reports import crashing
from reports.formats import html, markdown, text
from tests.reports import run_folder

DIED = Crash("gateway_answered", "nothing is written", "api1", 7.25, 2.5, 4, {"captured": 3, "never made": 1})
MISSED = Crash("owner_gone")


@pytest.mark.parametrize("made", [text.render, markdown.render, html.render])
def test_each_point_has_its_line(made, sound_run: Evidence) -> None:
    report = replace(run_folder.passed(), crashes=(DIED, MISSED))
    page = " ".join(made(report, sound_run).replace("\\", "").split())
    for fact in ("gateway_answered", "api1", "7.25 s", "2.5 s", "3 captured, 1 never made", "owner_gone"):
        assert fact in page
    assert crashing.NEVER in page


@pytest.mark.parametrize("made", [text.render, markdown.render, html.render])
def test_a_run_without_crash_points_says_nothing_of_them(made, sound_run: Evidence) -> None:
    assert "rash point" not in made(run_folder.passed(), sound_run)


def test_a_process_that_was_not_seen_again_is_told_so() -> None:
    assert "back after not seen" in crashing.line(replace(DIED, back_after_s=None))
