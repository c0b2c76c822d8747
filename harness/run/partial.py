"""What is left of a run that came to no end: a partial report, and one line that says what happened.

The engine has healed everything by then. Nothing was settled or read once more, and the books were mostly not saved, so
the report is INCONCLUSIVE whatever it shows; it is there for whoever wants to see how far the run came.
"""

from contextlib import suppress
from pathlib import Path

from harness.core.errors import FaultlineError, Interrupted
from harness.core.evidence import Evidence
from harness.history import merge_history
from harness.judge import VERDICT_FILE
from harness.run.events import EventLog
from harness.run.plan import RunPlan
from harness.run.session import Done, conclude


def conclude_partial(plan: RunPlan, stopped: Interrupted | None = None) -> Done | None:
    """Judge what is left of a run that came to no end and write its report, which says why: the diary tells.

    `stopped` is the signal that ended it, where one did. None where it had not begun, or was judged already. Raises
    `FaultlineError` where the evidence cannot be read or written.
    """
    if not (plan.folder / "plan.json").is_file() or (plan.folder / VERDICT_FILE).is_file():
        return None
    if stopped is not None:
        events = EventLog(plan.folder / "events.jsonl")
        events.add("interrupted", signal=stopped.name)
        events.close()
    history = plan.folder / "history.parquet"
    if not history.exists():
        # A load that recorded nothing yet leaves nothing to merge: the report then says that the history is missing.
        with suppress(FaultlineError):
            merge_history(plan.folder / "raw", history)
    return conclude(plan)


def last_words(plan: RunPlan, stopped: Interrupted, done: Done | None) -> str:
    """Return the one line to end with: interrupted, what was put back, where the evidence is."""
    return f"interrupted ({stopped.name}): {_put_back(plan.folder)}; {_evidence(plan.folder, done)}"


def _put_back(folder: Path) -> str:
    """Name the faults that were on, from the run's own diary."""
    if not (folder / "events.jsonl").is_file():
        return "nothing was broken yet"
    with Evidence(folder) as evidence:
        healed = evidence.events_of("fault_healed")
        broken = [*evidence.events_of("fault_injected"), *evidence.events_of("fault_failed")]
    early = [f"{event.detail['fault']} at {event.detail['place']}" for event in healed if event.detail.get("early")]
    if early:
        return f"put back {', '.join(early)}, verified"
    return "every fault had been healed before" if broken else "nothing was broken yet"


def _evidence(folder: Path, done: Done | None) -> str:
    if done is not None:
        return f"partial report, {done.report.verdict}: {folder / 'report.html'}"
    if (folder / VERDICT_FILE).is_file():
        return f"the run was over and judged: {folder / 'report.html'}"
    if (folder / "plan.json").is_file():
        return f"evidence, not judged: {folder}"
    return "no evidence, the load had not begun"
