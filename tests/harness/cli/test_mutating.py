"""`faultline mutants` where nothing is started: the list of a sample, one mutant made, a table of nothing yet."""

import json
import sys
from pathlib import Path

import pytest

from harness.cli import main as entry
from harness.mutation.scope import all_mutants, drawn, load_scope
from harness.workspace import Workspace


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    """Call the command line in this process, in an empty folder; return exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAULTLINE_WORKSPACE", str(tmp_path / ".faultline"))
    # What is committed is a matter of the checkout that these tests run in.
    monkeypatch.setattr("harness.cli.mutating.committed", lambda: "abc")

    def called(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["faultline", *arguments])
        code = entry.guarded()
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return called


def test_a_sample_is_listed_with_its_diffs_and_nothing_is_started(call, tmp_path: Path) -> None:
    code, out, _ = call("mutants", "--sample", "3", "--seed", "7", "--list")
    sample = drawn(all_mutants(load_scope()), 3, 7)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines() if line.startswith("M")] == [each.id for each in sample]
    assert out.count("\n+") >= 1
    assert list(tmp_path.iterdir()) == []


def test_a_mutant_is_made_in_the_workspace_and_told_how_to_run(call) -> None:
    (mutant,) = drawn(all_mutants(load_scope()), 1, 7)
    code, out, err = call("mutants", "--make", mutant.id)
    assert (code, out.strip()) == (0, str(Workspace.locate().mutants / mutant.id))
    assert f"faultline run SCENARIO --bug {mutant.id}" in err
    assert (Workspace.locate().mutants / mutant.id / "system" / "bugs" / "b0_mutant.py").exists()


def test_a_table_of_nothing_is_open_and_says_so(call, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- score: mutants -->\n<!-- end -->\n")
    code, out, _ = call("mutants", "--sample", "3", "--seed", "7", "--only-table", "--json", "--publish", str(page))
    told = json.loads(out)
    assert (code, told["summary"]["sample"], told["summary"]["score"]) == (2, 3, None)
    assert {row["status"] for row in told["mutants"]} == {"open"}
    assert "Sample of 3 of" in page.read_text()
    assert json.loads((tmp_path / "page-mutants.json").read_text())["summary"] == told["summary"]
