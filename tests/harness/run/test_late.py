"""Histories that somebody brings by hand: added whole or not at all, judged where that can be."""

import errno
import json
from pathlib import Path

import pytest

from harness.cli import loading
from harness.cli.loading import gather
from harness.core.errors import HarnessError, UsageError
from harness.run import late
from harness.run.late import gather_late


def line(event: str, number: int) -> str:
    common = {"e": event, "op": f"op-{number}", "attempt": 1}
    more = {"kind": "create", "worker": "0"} if event == "invoke" else {"outcome": "OK", "done_us": 2}
    return json.dumps(common | more) + "\n"


HANDED_OVER = line("invoke", 0)
KEPT = HANDED_OVER + line("complete", 0) + line("invoke", 1)


def folders(place: Path, *, joined: bool = True, **plan: object) -> tuple[Path, Path]:
    """Return the folder of a run that died under load, and what a host kept of it."""
    run, copy = place / "run", place / "copy"
    for folder in (run, copy):
        (folder / "raw").mkdir(parents=True)
    (run / "plan.json").write_text(json.dumps({"must_hold": ["I7"], **plan}))
    (run / "events.jsonl").write_text('{"at_us": 1, "kind": "phase", "name": "load"}\n')
    (run / "raw" / "history-0.jsonl").write_text(HANDED_OVER)
    if joined:
        (run / "raw" / "worker-0.json").write_text(json.dumps({"worker": 0, "handed_over": False}))
    (copy / "raw" / "history-0.jsonl").write_text(KEPT)
    return run, copy


def handed_over(run: Path) -> object:
    return json.loads((run / "raw" / "worker-0.json").read_text())["handed_over"]


def test_the_history_of_a_run_that_died_is_merged_and_not_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, copy = folders(tmp_path)
    for added in ("history-0.jsonl", "nothing new"):
        assert gather(run, [copy]) == 2
        said = capsys.readouterr().out
        assert said.startswith(f"added {added}; 2 attempts in all\n")
        assert "not judged: the run died before it saved its books" in said
    assert handed_over(run) is True
    assert not (run / "verdict.json").exists()


def test_a_run_that_came_to_its_end_is_judged_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, copy = folders(tmp_path)
    with (run / "events.jsonl").open("a") as events:
        events.write('{"at_us": 2, "kind": "history_merged", "attempts": 1}\n')
    judged: list[Path] = []
    monkeypatch.setattr(loading, "recheck", lambda runs: judged.extend(runs) or 1)
    assert (gather(run, [copy]), judged) == (1, [run])
    kinds = [json.loads(text)["kind"] for text in (run / "events.jsonl").read_text().splitlines()]
    assert kinds == ["phase", "history_merged", "gathered_late", "history_merged"]


def test_what_the_run_had_already_is_noted_as_whole(tmp_path: Path) -> None:
    run, copy = folders(tmp_path)
    (run / "raw" / "history-0.jsonl").write_text(KEPT)
    assert gather_late(run, [copy]).added == ()
    assert handed_over(run) is True


def test_a_copy_that_fails_leaves_the_runs_own_files_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, copy = folders(tmp_path)

    def fills_the_disk(_: Path, there: Path) -> None:
        there.write_text(KEPT[:10])
        raise OSError(errno.ENOSPC, "No space left on device", str(there))

    monkeypatch.setattr(late.shutil, "copyfile", fills_the_disk)
    with pytest.raises(HarnessError, match="No space left on device") as failed:
        gather_late(run, [copy])
    assert "gather again" in failed.value.hint
    assert (run / "raw" / "history-0.jsonl").read_text() == HANDED_OVER
    assert [path.name for path in sorted((run / "raw").iterdir())] == ["history-0.jsonl", "worker-0.json"]
    assert handed_over(run) is False


def test_a_merge_that_fails_leaves_the_history_that_there_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, copy = folders(tmp_path)
    (run / "history.parquet").write_text("merged before")

    def fails(_: Path, out: Path) -> None:
        out.write_text("half")
        raise HarnessError("the history cannot be merged")

    monkeypatch.setattr(late, "merge_history", fails)
    with pytest.raises(HarnessError, match="cannot be merged"):
        gather_late(run, [copy])
    assert (run / "history.parquet").read_text() == "merged before"
    assert not list(run.glob(".*"))


@pytest.mark.parametrize("plan", ["{", "[]"])
def test_a_plan_that_is_damaged_is_refused(tmp_path: Path, plan: str) -> None:
    run, copy = folders(tmp_path)
    (run / "plan.json").write_text(plan)
    with pytest.raises(UsageError, match=r"plan\.json"):
        gather_late(run, [copy])


def test_the_history_of_a_worker_that_never_joined_is_refused(tmp_path: Path) -> None:
    run, copy = folders(tmp_path, joined=False)
    with pytest.raises(UsageError, match="no worker 0 of another host joined"):
        gather_late(run, [copy])
    assert (run / "raw" / "history-0.jsonl").read_text() == HANDED_OVER
