"""A load by itself, against whatever its job names: no platform of ours, no faults, no verdict, all of the history."""

import importlib
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.core.arrivals import Recorded
from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.plain import JsonObject
from harness.core.report import LoadResult
from harness.core.target import Progress
from harness.history import MergeSummary, merge_history
from harness.joining import Gathering
from harness.judge.accounting import load_result
from harness.objectives.certificate import generator_faults
from harness.provision.processes.supervisor import Supervisor
from harness.run.live import Tally
from harness.run.load_job import FOLLOW_DEADLINE_S
from harness.run.loading import LoadProcess
from harness.run.plan import SCHEMA_VERSION, write_json
from harness.workspace import write_private

GRACE_S = 30.0
OURS = (
    "recorded",
    "run_dir",
    "start_at_us",
    "await_start",
    "urgent",
    "steered",
    "workers",
    "worker",
    "clock_zero_us",
)
"""Fields of a job that are not for its author to set."""


@dataclass(frozen=True)
class LoadOutcome:
    """What a load came to; `problems` says in what it was not as planned, `merged` what the histories held."""

    result: LoadResult
    problems: tuple[str, ...]
    merged: MergeSummary


@dataclass(frozen=True)
class LoadPlan:
    """A job that can be carried out, as its author wrote it, and what of it the run needs to know itself."""

    document: JsonObject
    seed: int
    duration_s: float


def read_plan(path: Path, recorded: Recorded | None = None) -> LoadPlan:
    """Return a job file, with recorded arrivals in the place of its own where they are given.

    Raises `UsageError` where it cannot be read, or not be carried out as it stands.
    """
    try:
        document = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageError(f"{path} cannot be read: {error}", hint="docs/scaling.md shows a job") from error
    if not isinstance(document, dict) or (wrong := sorted(set(document) & set(OURS))):
        told = f"must not set {', '.join(wrong)}" if isinstance(document, dict) else "is no JSON object"
        raise UsageError(f"{path} {told}", hint="docs/scaling.md shows a job")
    if recorded is not None:
        length_s = recorded.length_us / 1e6
        played = {"rate_per_s": recorded.rate_per_s, "duration_s": length_s, "mix": dict(recorded.mix)}
        document = {**document, **played, "recorded": recorded.job()}
    importlib.import_module("loadtests.checking").check_document(document, str(path))
    return LoadPlan(document, int(document["seed"]), float(document["duration_s"]))


def load_only(
    plan: LoadPlan,
    folder: Path,
    supervisor: Supervisor,
    progress: Progress,
    *,
    workers: int,
    gathering: Gathering | None,
    arrivals: JsonObject | None = None,
) -> LoadOutcome:
    """Make the load of a job that `read_plan` gave, and merge its histories into `folder`.

    `arrivals` says of recorded ones where they come from.

    Raises `HarnessError` where the load could not be made.
    """
    job = supervisor.workspace.load_file
    write_private(
        job, {**plan.document, "run_dir": str(folder), "workers": workers, "await_start": True, "urgent": True}
    )
    try:
        process = LoadProcess(job, workers, supervisor, gathering=gathering)
    except BaseException:
        job.unlink(missing_ok=True)
        raise
    try:
        t0_us = process.begin(folder / "raw", progress)
        write_json(folder / "plan.json", _plan(plan.document, folder, t0_us, workers, arrivals))
        _watch(process, folder / "raw", plan.duration_s, t0_us, progress)
        process.finish()
    finally:
        process.stop()
    merged = merge_history(folder / "raw", folder / "history.parquet")
    with Evidence(folder) as evidence:
        return LoadOutcome(load_result(evidence), tuple(generator_faults(evidence)), merged)


def _watch(process: LoadProcess, raw: Path, duration_s: float, t0_us: int, progress: Progress) -> None:
    tally = Tally(raw)
    until = time.monotonic() + duration_s + FOLLOW_DEADLINE_S + GRACE_S
    while process.running() and time.monotonic() < until:
        tally.look()
        progress(f"load {max(0.0, time.time() - t0_us / 1e6):4.1f}/{duration_s:.0f} s  {tally.words}")
        time.sleep(0.25)


def _plan(document: JsonObject, folder: Path, t0_us: int, workers: int, arrivals: JsonObject | None) -> JsonObject:
    """Return `plan.json` of a load by itself: no scenario, nothing that had to hold."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": folder.name,
        "scenario": "",
        "seed": document["seed"],
        "target": "",
        "t0_us": t0_us,
        "load": {
            "rate_per_s": document["rate_per_s"],
            "duration_s": document["duration_s"],
            "mix": document["mix"],
            "workers": workers,
            "arrivals": dict(arrivals) if arrivals else None,
        },
    }
