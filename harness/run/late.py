"""Histories that come late: a host kept them when it lost its run, and somebody brings them by hand."""

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.core.errors import HarnessError, UsageError
from harness.core.plain import JsonObject
from harness.history import MergeSummary, merge_history
from harness.run.events import EventLog
from harness.workspace import replacing, write_atomic

_NAME = re.compile(r"(?:history-(\d+)\.jsonl|load-(\d+)\.json|ready-(\d+))")
_MERGED = "history_merged"


@dataclass(frozen=True)
class Gathered:
    """The files that were added, and what all histories hold now.

    `alone` says that the run was a load by itself, which has no verdict; `whole` that the run came to its end, merge
    included: one that died has no books to judge its history against.
    """

    added: tuple[str, ...]
    merged: MergeSummary
    alone: bool
    whole: bool


def gather_late(run: Path, folders: Sequence[Path]) -> Gathered:
    """Add what these folders hold of the run's histories, and merge all of them again.

    Nobody read the payments in there once more when the run ended; that they came late is noted with the events.
    Raises `UsageError` for a folder of another run, before anything is changed, `HarnessError` where a file cannot be
    read or written: each of the run's files is then what it was, or whole.
    """
    plan = _plan(run)
    try:
        fresh, merged, whole = _add(run, [path for folder in folders for path in _files(folder)])
    except OSError as error:
        raise HarnessError(
            f"{error.filename or run} cannot be read or written: {error.strerror or error}",
            hint="make room or give the rights, and gather again: what is there already is not added twice",
        ) from error
    return Gathered(tuple(fresh), merged, alone="must_hold" not in plan, whole=whole)


def _add(run: Path, found: Sequence[Path]) -> tuple[list[str], MergeSummary, bool]:
    fresh = [path for path in found if _adds(path, run)]
    for path in fresh:
        _replace(path, run / "raw" / path.name)
    for path in found:
        _note_whole(run, path)
    merged = _merge(run)
    whole = _has_merged(run)
    events = EventLog(run / "events.jsonl")
    if fresh:
        events.add("gathered_late", files=[path.name for path in fresh])
    if whole:
        events.add(_MERGED, **asdict(merged))
    events.close()
    return [path.name for path in fresh], merged, whole


def _plan(run: Path) -> JsonObject:
    path = run / "plan.json"
    try:
        plan = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise UsageError(
            f"{run} is not a run's folder: plan.json is missing", hint="give the run's folder first"
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}", hint="a damaged run must be made again") from error
    if not isinstance(plan, dict):
        raise UsageError(f"{path} is no JSON object", hint="a damaged run must be made again")
    return plan


def _has_merged(run: Path) -> bool:
    """Tell whether the run itself came as far as its merge, which is its last step."""
    path = run / "events.jsonl"
    return path.exists() and f'"kind": "{_MERGED}"' in path.read_text()


def _merge(run: Path) -> MergeSummary:
    """Merge all histories; the one that there is stays as it is until the new one is whole."""
    with replacing(run / "history.parquet") as draft:
        return merge_history(run / "raw", draft)


def _replace(source: Path, there: Path) -> None:
    """Put a copy in the place of the run's own file, which stays as it is until the copy is whole."""
    with replacing(there) as draft:
        shutil.copyfile(source, draft)


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
