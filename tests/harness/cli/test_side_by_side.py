"""Several platforms at once: fair shares, everything told, and no job that outlives the one who asked for it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness import catalogue
from harness.bound import BOUND
from harness.cli.requesting import Request
from harness.cli.running import _side_by_side
from harness.cli.side_by_side import run_side_by_side, shared_out
from harness.targets.registry import KINDS


def test_every_scenario_is_in_one_lot_and_the_lots_take_about_equally_long() -> None:
    lengths_s = {"a": 90.0, "b": 20.0, "c": 20.0, "d": 20.0, "e": 20.0}

    lots = shared_out(lengths_s, 2)

    assert sorted(name for lot in lots for name in lot) == sorted(lengths_s)
    assert lots[0] == ["a"]


def test_there_are_no_more_lots_than_scenarios() -> None:
    assert shared_out({"a": 20.0}, 4) == [["a"]]


def test_what_a_job_could_not_do_is_told_for_each_of_its_scenarios(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAULTLINE_WORKSPACE", str(tmp_path / "workspace"))

    code, verdicts = run_side_by_side([["calm"], ["brownout", "nonsense"]], ["--workers", "99"], 23000)

    assert code == 64
    assert [(verdict["scenario"], verdict["verdict"]) for verdict in verdicts] == [
        ("calm", "HARNESS_FAILED"),
        ("brownout", "HARNESS_FAILED"),
        ("nonsense", "HARNESS_FAILED"),
    ]
    told = capsys.readouterr().err
    assert "1| error: --workers: 99" in told
    assert "2| error: --workers: 99" in told


@pytest.mark.parametrize("bound", [True, False])
def test_a_job_ends_in_good_order_when_its_standard_input_closes_and_nobody_else_does(bound: bool) -> None:
    program = (
        "import signal, sys, time\n"
        "from harness.bound import end_with_stdin\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit('healed'))\n"
        "end_with_stdin(); print('ready', flush=True); time.sleep(30)"
    )
    environment = {**os.environ, **({BOUND: "1"} if bound else {})}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", program], env=environment, text=True, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "ready\n"
        process.stdin.close()
        if bound:
            assert process.stderr.read() == "healed\n"
            assert process.wait(10) == 1
        else:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(1)
            process.send_signal(signal.SIGKILL)


def test_what_cannot_run_is_told_beside_the_verdicts_of_all_jobs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("FAULTLINE_WORKSPACE", str(tmp_path / "workspace"))
    verdicts = [{"scenario": "calm", "verdict": "PASS"}, {"scenario": "brownout", "verdict": "PASS"}]
    monkeypatch.setattr("harness.cli.running.run_side_by_side", lambda *_: (0, verdicts))
    chosen = [(name, catalogue.scenario(name)) for name in ("brownout", "calm")]
    embedded = KINDS["embedded"]
    request = Request(chosen, 1, None, tmp_path, embedded, 1, "", not_run={"database_disk_full": "no small disk"})
    assert _side_by_side(request, 2, 23000) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "PASS           brownout",
        "PASS           calm",
        "NOT_RUN        database_disk_full  (no small disk)",
    ]
