"""Cleaning up behind a harness that cannot do it any more."""

import time
from collections.abc import Callable
from contextlib import suppress

from harness.core.errors import FaultlineError, HarnessError, HealingError
from harness.core.fault import Undo
from harness.core.target import Progress
from harness.guard.healers import ENDS_WITH_PLATFORM, OUTLIVES_PLATFORM, control_plane, describe, heal, timed_out
from harness.guard.journal import UndoJournal
from harness.provision.processes.ending import end_everything, end_records
from harness.provision.processes.records import load_records
from harness.workspace import Workspace, remove_with_drafts

_HEAL_DEADLINE_S = 6.0
_HEAL_KEPT_S = 3.0
_HEAL_ONCE = 0.0
_PROXY = "toxiproxy"


def clean_up(workspace: Workspace, tell: Progress) -> None:
    """Heal what is outstanding, end the processes, remove lease and lock. Every step is tried whatever the others did.

    A platform that `up` keeps is healed and stays; only what the run alone needed is ended.
    """
    kept: list[Callable[[Workspace, Progress], None]] = [_heal, _end_frozen_proxy, _end_run, _forget_load, _unlock]
    ended: list[Callable[[Workspace, Progress], None]] = [_heal, _end_platform, _forget, _forget_load, _unlock]
    steps = kept if workspace.kept else ended
    for step in steps:
        try:
            step(workspace, tell)
        except Exception as error:  # noqa: BLE001 - whatever stops one step, the others must still be tried
            tell(f"{step.__name__.strip('_')} failed: {error!r}")


def _heal(workspace: Workspace, tell: Progress) -> None:
    journal = UndoJournal(workspace.undo_file)
    if not workspace.kept:
        forget_ended(journal)
    deadline_s = _HEAL_KEPT_S if workspace.kept or outliving(journal) else _HEAL_ONCE
    for problem in heal_outstanding(journal, tell, deadline_s=deadline_s):
        tell(problem)


def _end_frozen_proxy(workspace: Workspace, tell: Progress) -> None:
    """End a link proxy whose faults could not be healed: they end with it, and the next start brings it back whole."""
    journal = UndoJournal(workspace.undo_file)
    links = [entry for entry, undo in journal.outstanding().items() if undo.kind == "restore_link"]
    record = load_records(workspace.processes_file).get(_PROXY)
    if not links or record is None:
        return
    end_records([record])
    if record.process() is None:
        for entry in links:
            journal.done(entry)
        journal.clear()
        tell("ended the link proxy with the faults that it would not give up; the next start brings it back")


def _end_run(workspace: Workspace, tell: Progress) -> None:
    end_everything(workspace, groups=("run",))
    tell("ended the processes of the run; the platform is kept")


def _end_platform(workspace: Workspace, tell: Progress) -> None:
    end_everything(workspace)
    tell("ended every process")


def _forget(workspace: Workspace, tell: Progress) -> None:
    for left in forget_platform(workspace):
        tell(f"a fault may still be on, and is left to the next harness: {left}")
    tell("removed the platform's secrets")


def _forget_load(workspace: Workspace, _tell: Progress) -> None:
    forget_load(workspace)


def _unlock(workspace: Workspace, tell: Progress) -> None:
    workspace.lease_file.unlink(missing_ok=True)
    tell("removed the lease; the lock comes last")
    # The very last act. Until this process ends it holds the lock of the removed file; whoever makes a new one is safe.
    workspace.lock_file.unlink(missing_ok=True)


def forget_ended(journal: UndoJournal) -> None:
    """Strike out what heals a process of a platform that is about to be ended as a whole."""
    for entry, undo in journal.outstanding().items():
        if undo.kind in ENDS_WITH_PLATFORM:
            journal.done(entry)


def outliving(journal: UndoJournal) -> bool:
    """Tell whether a fault is outstanding that does not end with the platform."""
    return any(undo.kind in OUTLIVES_PLATFORM for undo in journal.outstanding().values())


def forget_platform(workspace: Workspace) -> list[str]:
    """Remove what describes a platform that is no more: its secrets, and undo steps that ended with it.

    Faults that outlive it and are still on go to `unhealed_file`, for the next harness; they are returned in words.
    """
    for path in (workspace.platform_file, workspace.merchants_file):
        remove_with_drafts(path)
    try:
        left = _hand_on(workspace)
    except HarnessError as error:
        # Where they cannot be written anew they stay where they are: the next harness looks there too.
        return [str(error)]
    remove_with_drafts(workspace.undo_file)
    return left


def _hand_on(workspace: Workspace) -> list[str]:
    outstanding = UndoJournal(workspace.undo_file).outstanding().values()
    left = [undo for undo in outstanding if undo.kind in OUTLIVES_PLATFORM]
    unhealed = UndoJournal(workspace.unhealed_file)
    known = list(unhealed.outstanding().values())
    for undo in reversed(left):
        if undo not in known:
            unhealed.register(undo)
    return [describe(undo) for undo in left]


def forget_load(workspace: Workspace) -> None:
    """Remove the load's job, which holds the merchants' keys."""
    remove_with_drafts(workspace.load_file)


def heal_outstanding(
    journal: UndoJournal,
    tell: Progress,
    *,
    deadline_s: float = _HEAL_DEADLINE_S,
    chosen: Callable[[Undo], bool] = lambda _: True,
) -> list[str]:
    """Carry out every outstanding undo that is `chosen`, retrying those that fail for a few seconds.

    Returns what failed, in words.
    """
    until = time.monotonic() + deadline_s
    problems: dict[str, str] = {}
    while True:
        problems = _heal_each(journal, tell, chosen)
        if not problems or time.monotonic() > until:
            break
        time.sleep(0.2)
    with suppress(OSError):
        journal.clear()
    return list(problems.values())


def _heal_each(journal: UndoJournal, tell: Progress, chosen: Callable[[Undo], bool]) -> dict[str, str]:
    """Try every outstanding undo once; return what failed. A control plane that timed out is not asked again."""
    problems: dict[str, str] = {}
    frozen: set[str] = set()
    for entry, undo in journal.outstanding().items():
        if not chosen(undo):
            continue
        plane = control_plane(undo)
        if plane in frozen:
            problems[entry] = f"{describe(undo)} was not tried again: {plane} does not answer"
            continue
        try:
            _healed(undo)
        except FaultlineError as error:
            problems[entry] = str(error)
            if plane and timed_out(error):
                frozen.add(plane)
            continue
        journal.done(entry)
        tell(f"healed: {describe(undo)}")
    return problems


def _healed(undo: Undo) -> None:
    try:
        heal(undo)
    except FaultlineError:
        raise
    except Exception as error:
        raise HealingError(f"{describe(undo)} failed: {error!r}") from error
