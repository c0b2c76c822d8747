"""Before anything is broken: does a system that is not ours keep up with the load that a run will send?

A system that drowns at this rate would fail every promise for that reason alone, after minutes, and nothing would say
so. So its load is tried first, for a few seconds, by the load generator itself and with nothing broken.
"""

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import msgspec

from harness.core.errors import UsageError
from harness.core.load import Load
from harness.core.target import Progress, Target
from harness.provision.processes.supervisor import Supervisor
from harness.run.load_job import patience_s, write_job
from harness.run.loading import LoadProcess
from harness.run.plan import RunPlan

ARRIVALS_MIN = 12
SHORTEST_S, LONGEST_S = 5.0, 12.0
"""A trial takes as long as so many arrivals take, between these."""
SPARE_S = 1.0
"""Answers are waited for until they are given up, and so much longer."""
GRACE_S = 60.0
POLL_S = 0.2
UNANSWERED_MAX = 0.05
"""Up to this share of requests without an answer is no drowning."""
BEHIND_S = 1.0
BEHIND_TIMES = 3.0
"""Whose answers take this long, and so many times as long as at the beginning, is falling behind."""
ROOM = 0.6
"""The share of what was answered that is proposed as the rate to try."""
RATES = (0.2, 0.5, 1, 2, 3, 5, 8, 10, 15, 20, 30, 50, 80, 100, 150, 200, 300, 500, 800, 1000)
UNREADABLE = "adapter_failed"
ABANDONED = "abandoned"
"""What was in flight when the trial ended: nobody knows whether its answer would have come in time."""


@dataclass(frozen=True)
class Sent:
    """One request of the trial: when it was sent, how long its answer took (None: none came), what it came to."""

    at_s: float
    took_s: float | None
    outcome: str
    code: str
    kind: str


def try_load(plan: RunPlan, target: Target, supervisor: Supervisor, progress: Progress) -> None:
    """Send the run's load for a few seconds with nothing broken.

    Raises `UsageError` where the system does not keep up, the adapter cannot read its answers, or nothing succeeds.
    """
    load = shortened(plan.scenario.load)
    folder = plan.folder / "trial"
    try:
        log = supervisor.log_path("load")
        begun = log.stat().st_size if log.is_file() else 0
        sent = _sent(plan, target, supervisor, load, folder, progress)
        if wrong := trouble(sent, load.rate_per_s, said_of_adapter(log, begun)):
            raise wrong
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def shortened(load: Load) -> Load:
    """Return the load of a trial: as much of it as shows whether it is kept up with."""
    return replace(load, duration_s=min(LONGEST_S, max(SHORTEST_S, ARRIVALS_MIN / load.rate_per_s)))


def _sent(
    plan: RunPlan, target: Target, supervisor: Supervisor, load: Load, folder: Path, progress: Progress
) -> list[Sent]:
    (folder / "raw").mkdir(parents=True)
    path = supervisor.workspace.load_file
    follow_s = patience_s(target) + SPARE_S
    job = write_job(path, folder, load, target, seed=plan.seed, workers=plan.load_workers, follow_deadline_s=follow_s)
    process = LoadProcess(job, plan.load_workers, supervisor)
    try:
        t0_us = process.begin(folder / "raw", progress)
        progress(f"trying the load for {load.duration_s:.0f} s, with nothing broken")
        until = time.monotonic() + load.duration_s + GRACE_S
        while process.running() and time.monotonic() < until:
            time.sleep(POLL_S)
    finally:
        process.stop()
    return list(read(folder / "raw", t0_us))


class _Line(msgspec.Struct):
    """A line of the raw history, as far as a trial wants it: `e` is invoke or complete, and has what that has."""

    e: str
    op: str
    attempt: int
    kind: str = ""
    sent_us: int = 0
    done_us: int = 0
    http_status: int | None = None
    outcome: str = "UNKNOWN"
    error: str | None = None
    error_code: str | None = None


def read(raw: Path, t0_us: int) -> Iterator[Sent]:
    """Yield every request of a load by its raw history."""
    texts = (line for path in raw.glob("history-*.jsonl") for line in path.read_text().splitlines())
    lines = [msgspec.json.decode(text, type=_Line) for text in texts]
    done = {(line.op, line.attempt): line for line in lines if line.e == "complete"}
    for line in lines:
        told = done.get((line.op, line.attempt), _Line("complete", line.op, line.attempt))
        if line.e == "invoke" and told.error != ABANDONED:
            yield _one(line, told, t0_us)


def _one(invoke: _Line, complete: _Line, t0_us: int) -> Sent:
    took_s = None if complete.http_status is None else (complete.done_us - invoke.sent_us) / 1e6
    code = complete.error_code or ""
    return Sent((invoke.sent_us - t0_us) / 1e6, took_s, complete.outcome, code, invoke.kind)


def said_of_adapter(log: Path, begun: int = 0) -> str:
    """Return what the load's log says, after its first `begun` bytes, of an answer that the adapter could not read."""
    if not log.is_file():
        return ""
    text = log.read_bytes()[begun:].decode(errors="replace")
    return next((line for line in text.splitlines() if line.startswith("the adapter could not read")), "")


def trouble(sent: Sequence[Sent], rate_per_s: float, said: str) -> UsageError | None:
    """Return what speaks against sending this load, what is to be mended first; None where nothing does."""
    unreadable = sum(item.code == UNREADABLE for item in sent)
    if unreadable:
        told = f"the adapter could not read {unreadable} of {len(sent)} answers, and nothing was broken"
        return UsageError(f"{told}: {said.partition(': ')[2] or 'see the log of the load'}", hint="correct the adapter")
    if drowned := _drowned(sent, rate_per_s):
        return drowned
    asked = [item for item in sent if item.kind == "create"]
    if asked and not any(item.outcome == "OK" for item in asked):
        seen = sorted({item.code or item.outcome for item in asked})
        return UsageError(
            f"not one of {len(asked)} payments succeeded, and nothing was broken: {', '.join(seen)}",
            hint="`faultline check-adapter FILE` shows what one of them came to",
        )
    return None


def _drowned(sent: Sequence[Sent], rate_per_s: float) -> UsageError | None:
    silent = [item for item in sent if item.took_s is None]
    hint = f"try --rate {slower(sent, rate_per_s):g}; `patience_s` in the adapter is how long one answer is waited for"
    too_much = f"the system does not keep up with {rate_per_s:g} arrivals per second"
    if silent and len(silent) > UNANSWERED_MAX * len(sent):
        since_s = min(item.at_s for item in silent)
        told = f"it stopped answering at {since_s:.0f} s ({len(silent)} of {len(sent)} requests got no answer in time)"
        return UsageError(f"{too_much}: {told}, and nothing was broken", hint=hint)
    took = [item.took_s for item in sorted(sent, key=lambda item: item.at_s) if item.took_s is not None]
    third = len(took) // 3
    if third and median(took[-third:]) > max(BEHIND_S, BEHIND_TIMES * median(took[:third])):
        told = f"its answers took {median(took[:third]):.2f} s at first and {median(took[-third:]):.1f} s at the end"
        return UsageError(f"{too_much}: {told}, and nothing was broken", hint=hint)
    return None


def slower(sent: Sequence[Sent], rate_per_s: float) -> float:
    """Return a rate that the system may keep up with: some of the share of requests that it did answer promptly."""
    until_s = max((item.at_s for item in sent), default=0.0) + BEHIND_S
    prompt = sum(item.took_s is not None and item.at_s + item.took_s <= until_s for item in sent)
    wanted = ROOM * rate_per_s * prompt / max(1, len(sent))
    return max((rate for rate in RATES if rate <= wanted and rate < rate_per_s), default=min(RATES[0], rate_per_s / 2))
