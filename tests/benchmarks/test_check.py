"""The benchmark of the judge: two builds in turns, their ratio, and what counts as an aim missed."""

import subprocess
from pathlib import Path

import pytest

from benchmarks import baseline as builds
from benchmarks.check.__main__ import _judge, _print
from harness.core.errors import UsageError
from harness.judge.synthetic import Synthetic, make_run


def figures(judge_s: float, peak_mb: float = 400.0, violations: float = 0) -> dict[str, float]:
    return {
        "operations": 1e6, "floor_s": 0.1, "judge_s": judge_s, "cpu_s": judge_s, "peak_mb": peak_mb,
        "violations": violations,
    }  # fmt: skip


def test_the_ratio_is_that_of_the_medians_and_its_spread_that_of_any_two_rounds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    measured = {
        "6993ade": [figures(10.0), figures(20.0), figures(11.0)],
        "present": [figures(4.0), figures(5.0), figures(4.4)],
        "I21": [figures(30.0)],
    }
    assert _print(1_000_000, measured) == 1
    out = capsys.readouterr().out
    assert "wall time: 0.40 x the earlier one's (0.20-0.50; aim 0.4)" in out
    assert "peak memory: 1.00 x the earlier one's (1.00-1.00; aim 0.5)" in out


@pytest.mark.parametrize(
    ("size", "present", "search", "missed"),
    [
        (1_000_000, figures(4.0, 200.0), figures(59.0), 0),
        (1_000_000, figures(4.1, 200.0), figures(59.0), 1),
        (1_000_000, figures(4.0, 200.0), figures(61.0), 1),
        (1_000_000, figures(4.0, 200.0, violations=3), figures(59.0), 1),
        (20_000, figures(9.0), figures(1.0), 0),
        (10_000_000, figures(61.0, 2001.0), figures(1.0), 4),
    ],
)
def test_an_aim_missed_is_counted_at_the_size_that_it_is_for(
    size: int, present: dict[str, float], search: dict[str, float], missed: int
) -> None:
    assert _print(size, {"6993ade": [figures(10.0)], "present": [present], "I21": [search]}) == missed


def test_the_search_is_measured_apart(tmp_path: Path) -> None:
    folder = make_run(tmp_path, Synthetic(400, {"orphan": 2}))
    assert _judge(folder, search=False)["violations"] >= 2
    assert _judge(folder, search=True)["violations"] == 0


def test_a_revision_that_the_clone_lacks_is_named() -> None:
    with pytest.raises(UsageError, match="there is no revision 'nosuch' in this clone"):
        builds.baseline("nosuch")


def test_a_build_runs_in_its_own_folder_and_a_failure_is_not_a_figure(tmp_path: Path) -> None:
    build = builds.Build("here", tmp_path, builds.present().python)
    assert build.run("-c", "import os; print(os.getcwd())").strip() == str(tmp_path)
    with pytest.raises(subprocess.CalledProcessError):
        build.run("-c", "raise SystemExit(3)")
