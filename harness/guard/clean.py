"""Cleaning up behind a harness that cannot do it any more."""

import time
from collections.abc import Callable

from harness.core.errors import FaultlineError
from harness.core.fault import Undo
from harness.core.target import Progress
from harness.guard.healers import describe, heal
from harness.guard.journal import UndoJournal
from harness.provision.processes.ending import end_everything
from harness.workspace import Workspace

_HEAL_DEADLINE_S = 6.0
_HEAL_ONCE = 0.0


def clean_up(workspace: Workspace, tell: Progress) -> None:
    """Heal what is outstanding, end the processes, remove lease and lock. Every step is tried whatever the others did.

    A platform that `up` keeps is healed and stays; only what the run alone needed is ended.
    """
    steps: list[Callable[[Workspace, Progress], None]] = [_heal, _end_run if workspace.kept else _end_platform, _unlock]
    for step in steps:
        try:
            step(workspace, tell)
        except Exception as error:  # noqa: BLE001 - whatever stops one step, the others must still be tried
            tell(f"{step.__name__.strip('_')} failed: {error!r}")


def _heal(workspace: Workspace, tell: Progress) -> None:
    deadline_s = _HEAL_DEADLINE_S if workspace.kept else _HEAL_ONCE
    for problem in heal_outstanding(UndoJournal(workspace.undo_file), tell, deadline_s=deadline_s):
        tell(problem)


def _end_run(workspace: Workspace, tell: Progress) -> None:
    end_everything(workspace, groups=("run",))
    tell("ended the processes of the run; the platform is kept")


def _end_platform(workspace: Workspace, tell: Progress) -> None:
    end_everything(workspace)
    forget_platform(workspace)
    tell("ended every process")


def _unlock(workspace: Workspace, tell: Progress) -> None:
    workspace.lease_file.unlink(missing_ok=True)
    workspace.lock_file.unlink(missing_ok=True)
    tell("removed lease and lock")


def forget_platform(workspace: Workspace) -> None:
    """Remove what describes a platform that is no more: its secrets, and undo steps that ended with it."""
    for path in (workspace.undo_file, workspace.platform_file, workspace.merchants_file):
        path.unlink(missing_ok=True)


def heal_outstanding(journal: UndoJournal, tell: Progress, *, deadline_s: float = _HEAL_DEADLINE_S) -> list[str]:
    """Carry out every outstanding undo, retrying those that fail for a few seconds; return what failed, in words."""
    until = time.monotonic() + deadline_s
    problems: dict[str, str] = {}
    while True:
        problems = {}
        for entry, undo in journal.outstanding().items():
            if problem := _healed(journal, entry, undo, tell):
                problems[entry] = problem
        if not problems or time.monotonic() > until:
            break
        time.sleep(0.2)
    journal.clear()
    return list(problems.values())


def _healed(journal: UndoJournal, entry: str, undo: Undo, tell: Progress) -> str:
    try:
        heal(undo)
    except FaultlineError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - one failing heal, whatever its cause, must never stop the others
        return f"{describe(undo)} failed: {error!r}"
    journal.done(entry)
    tell(f"healed: {describe(undo)}")
    return ""
