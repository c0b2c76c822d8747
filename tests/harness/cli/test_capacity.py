"""`faultline capacity`: what makes no sense is refused with one line and 64, before anything starts."""

import sys
from pathlib import Path

import pytest

from harness.cli import main as entry

BAD = [
    (["--slo", "p99=300"], "needs a time"),
    (["--slo", "p99=100ms", "--slo", "p50=200ms"], "contradict"),
    (["--slo", "errors=0.1%", "--slo", "errors=1%"], "given twice"),
    (["--workload", "steady_chekout"], "unknown workload"),
    (["--under", "gateway_dwn"], "no case and no fault"),
    (["--under", "container_stopped:api1"], "needs containers"),
    (["--replicas", "5"], "cannot have 5"),
    (["--budget", "20s"], "too short for 1 search"),
    (["--budget", "soon"], "not a positive duration"),
    (["--ceiling", "9000"], "certified"),
    (["--start", "50", "--ceiling", "20"], "above --ceiling"),
    (["--peak", "much"], "certified"),
    (["--seed", "-1"], "--seed"),
    (["--setting", "no_such=1"], "no such platform settings"),
    (["--target", "moon"], "unknown target"),
    (["--target", "remote"], "needs an adapter"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_input_is_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAULTLINE_WORKSPACE", str(tmp_path / ".faultline"))
    monkeypatch.delenv("FAULTLINE_ADAPTER", raising=False)
    monkeypatch.setattr(sys, "argv", ["faultline", "capacity", *arguments])
    code, told = entry.guarded(), capsys.readouterr().err
    assert code == 64
    assert told.startswith("error: ")
    assert said in told
    assert not [path for path in (tmp_path / "runs", tmp_path / ".faultline") if path.exists()]
