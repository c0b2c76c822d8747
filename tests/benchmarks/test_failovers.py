"""The table of failovers says what the stored runs say, and nothing that they do not know."""

from pathlib import Path

import msgspec
import pytest

from benchmarks.failovers import Loss, Verdict, main, stored, table
from harness.core.plain import json_text


def verdict(detect_s: float | None, *, lost: int = 0, bug: str = "", verdict: str = "PASS") -> Verdict:
    end_s = None if detect_s is None else 5.0 + detect_s
    failover = {
        "phases": [{"name": "detect", "from_s": 5.0, "to_s": end_s}],
        "service": {"name": "clients", "from_s": 5.0, "to_s": 7.5},
    }
    account = {"payments": lost, "at_stake": 100, "known": True}
    told = {"scenario": "lost", "bug": bug, "verdict": verdict, "recovery": [failover], "data_loss": account}
    return msgspec.convert(told, Verdict)


def test_a_row_has_the_median_the_largest_and_the_sum_of_what_was_lost() -> None:
    row = table([verdict(1.0), verdict(2.0), verdict(9.0, lost=3, verdict="FAIL")]).splitlines()[-1]

    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:4] == ["`lost`", "3", "2", "2.00 (max 9.00)"]
    assert cells[-2:] == ["2.50 (max 2.50)", "3 of 300"]


def test_a_phase_without_an_end_is_told_and_not_counted_as_zero() -> None:
    assert "1.00 (max 1.00), known in 1 of 2" in table([verdict(1.0), verdict(None)])
    assert "not known" in table([verdict(None)])


def test_runs_with_a_planted_bug_or_without_a_failover_are_not_in_it() -> None:
    assert table([verdict(1.0, bug="B22"), Verdict("calm", "PASS")]) == ""


def test_an_account_of_losses_that_is_not_known_is_no_zero() -> None:
    unknown = verdict(1.0)
    unknown.data_loss = Loss(known=False)

    assert "0 of 100, known in 1 of 2" in table([verdict(1.0), unknown])


def test_the_command_reads_what_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "verdict.json").write_text(json_text(verdict(1.0)))
    monkeypatch.setattr("sys.argv", ["failovers", str(tmp_path)])

    assert len(list(stored([tmp_path]))) == 1
    assert main() == 0
    assert "`lost`" in capsys.readouterr().out


def test_a_folder_without_failovers_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["failovers", str(tmp_path)])

    assert main() == 64
    assert "hint:" in capsys.readouterr().err
