"""Histories that come late: a host kept them when it lost its run, and somebody brings them by hand."""

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from harness.core.errors import UsageError
from harness.history import MergeSummary, merge_history
from harness.run.events import EventLog
from harness.workspace import write_atomic

_NAME = re.compile(r"(?:history-(\d+)\.jsonl|load-(\d+)\.json|ready-(\d+))")


def gather_late(run: Path, folders: Sequence[Path]) -> tuple[list[str], MergeSummary]:
    """Add what these folders hold of the run's histories, and merge all of them again; return what was added.

    Nobody read the payments in there once more when the run ended; that they came late is noted with the events.
    Raises `UsageError` for a folder of another run, before anything is changed.
    """
    if not (run / "plan.json").is_file():
        raise UsageError(f"{run} is not a run's folder: plan.json is missing", hint="give the run's folder first")
    found = [path for folder in folders for path in _files(folder)]
    fresh = [path for path in found if _adds(path, run)]
    for path in fresh:
        shutil.copyfile(path, run / "raw" / path.name)
        _note_whole(run, path)
    merged = merge_history(run / "raw", run / "history.parquet")
    events = EventLog(run / "events.jsonl")
    if fresh:
        events.add("gathered_late", files=[path.name for path in fresh])
    events.add("history_merged", **asdict(merged))
    events.close()
    return [path.name for path in fresh], merged


def _files(folder: Path) -> list[Path]:
    found = [path for path in sorted((folder / "raw").glob("*")) if _NAME.fullmatch(path.name)]
    if not found:
        raise UsageError(
            f"{folder} holds no history of a joined worker", hint="`faultline join` says where its copy is"
        )
    return found


def _adds(path: Path, run: Path) -> bool:
    """Tell whether a file has more than the run has of it."""
    there = run / "raw" / path.name
    worker = next(number for number in _NAME.fullmatch(path.name).groups() if number)  # type: ignore[union-attr]
    if not (run / "raw" / f"worker-{worker}.json").is_file():
        raise UsageError(f"{path}: no worker {worker} of another host joined {run}", hint="is it another run's?")
    here, known = path.read_bytes(), there.read_bytes() if there.exists() else b""
    if not (here.startswith(known) or known.startswith(here)):
        raise UsageError(f"{path} does not go on where {there} ends", hint="it belongs to another run")
    return len(here) > len(known)


def _note_whole(run: Path, path: Path) -> None:
    if path.name.startswith("history-"):
        account = run / "raw" / f"worker-{path.stem.removeprefix('history-')}.json"
        write_atomic(account, json.dumps({**json.loads(account.read_text()), "handed_over": True}))
