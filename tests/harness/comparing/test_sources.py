"""Folders are read as sides, and the command line says what came of it."""

import json
from pathlib import Path

import pytest

from harness.comparing.sources import read_side
from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.objectives import availability, latency
from tests.harness.conftest import Run
from tests.reports import run_folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two runs of one scenario, seeds 7 and 8."""
    root = tmp_path_factory.mktemp("runs")
    for seed in (7, 8):
        run_folder.build(root / f"run-{seed}", seed=seed)
    return root


def test_the_figures_are_those_of_the_promises(folders: Path) -> None:
    side = read_side(folders / "run-7", "before")
    with Evidence(folders / "run-7") as evidence:
        p95_s = latency(p95=1.0, when="before").measure(evidence).value
        share = availability(at_least=0.5, when="before").measure(evidence).value
    (series,) = side.runs
    counts = series.counts.sum(axis=0)
    p95_ms = series.bins_ms[(counts.cumsum() >= 0.95 * counts.sum()).argmax()]
    assert p95_ms == pytest.approx(p95_s * 1e3, rel=0.03)
    assert series.ok.sum() / series.tried.sum() == pytest.approx(share, abs=0.005)


def test_parts_follow_the_faults_and_make_up_the_whole(folders: Path) -> None:
    whole, *parts = (read_side(folders / "run-7", part).runs[0] for part in ("whole", "before", "during", "after"))
    assert sum(part.steps for part in parts) == whole.steps
    assert sum(part.requests for part in parts) == whole.requests
    assert set(whole.stratum) == {0, 1, 2}


def test_a_folder_of_runs_is_a_side_of_several(folders: Path) -> None:
    side = read_side(folders)
    assert len(side.runs) == 2
    assert side.facts["scenario"] == "primary_gateway_outage"


def test_runs_of_different_scenarios_are_no_side(folders: Path, tmp_path: Path) -> None:
    for seed in (7, 8):
        (tmp_path / f"run-{seed}").symlink_to(folders / f"run-{seed}")
    other = tmp_path / "run-9"
    run_folder.build(other, seed=9, duration_s=30)
    plan = json.loads((other / "plan.json").read_text())
    (other / "plan.json").write_text(json.dumps({**plan, "scenario": "brownout"}))
    with pytest.raises(UsageError, match="more than one scenario: brownout, primary_gateway_outage"):
        read_side(tmp_path)


def test_a_run_and_its_copy_are_not_told_apart_and_the_limits_are_kept(folders: Path, faultline: Run) -> None:
    run = str(folders / "run-7")
    code, out, err = faultline("compare", run, run, "--fail-if", "p99>+10%", "--fail-if", "availability<-1%")
    assert code == 0
    assert "No difference was shown" in out or "Nothing differs" in out
    assert "kept  p99>+10%" in out
    assert "reading" in err


def test_a_broken_limit_is_exit_code_1_in_every_format(folders: Path, faultline: Run) -> None:
    # During its outage a run is as far from its time before as anything can be.
    run = str(folders / "run-7")
    code, out, _ = faultline("compare", run, run, "--part", "during", "--json", "--fail-if", "p50>-50%")
    document = json.loads(out)
    assert code == 1
    assert document["part"] == "during"
    assert document["limits"][0]["broken"] is True
    assert [item["name"] for item in document["figures"]][:5] == ["p50", "p95", "p99", "availability", "good"]
    code, out, _ = faultline("compare", run, run, "--markdown", "--fail-if", "recovery>+1s")
    assert code == 2
    assert "| p50 |" in out
    assert "NOT KNOWN" in out
