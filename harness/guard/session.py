"""One harness at work in a workspace: lock, guard, lease, journal, and the clean end of all of them."""

import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import harness
from harness.core.errors import HarnessError, HealingError, ProvisionError, StoodStill
from harness.core.fault import Undo
from harness.core.target import Progress
from harness.guard.brake import require_released
from harness.guard.clean import forget_ended, forget_load, forget_platform, heal_outstanding, outliving
from harness.guard.healers import STARTS_SOMETHING, describe, heal
from harness.guard.journal import UndoJournal
from harness.guard.lease import LEASE_S, Lease
from harness.guard.process import BYE, READY
from harness.provision.processes.ending import MARK_GROUP, MARK_WORKSPACE, anything_runs, end_everything
from harness.provision.processes.supervisor import inherited_environment
from harness.workspace import Workspace, WorkspaceLock

LEFTOVER_DEADLINE_S = 3.0


class HarnessSession:
    """A context manager. Entering raises `UsageError` when another harness holds the workspace.

    Nothing may be started in the workspace before it is entered: the guard is ready first, so that a harness killed at
    any moment afterwards leaves nothing. Leaving heals what is outstanding and ends what is not kept.
    """

    def __init__(self, workspace: Workspace, *, command: str, lease_s: float = LEASE_S) -> None:
        self.workspace = workspace
        self._lock = WorkspaceLock(workspace, command)
        self._lease = Lease(workspace.lease_file)
        self._lease_s = lease_s
        self._guard: subprocess.Popen[bytes] | None = None
        self._healing = threading.Lock()
        self._marks = {MARK_WORKSPACE: str(workspace.root), MARK_GROUP: "run"}
        self._journal: UndoJournal | None = None

    def __enter__(self) -> "HarnessSession":
        self._lock.acquire()
        try:
            self._heal_older()
            self._clean_leftovers()
            self._guard = self._start_guard()
            self._lease.take()
            self._journal = UndoJournal(self.workspace.undo_file)
            # Helpers that are run and waited for (initdb, cp, go, pip) inherit the mark, so that they end with us.
            os.environ.update(self._marks)
        except BaseException:
            # A guard that has been started goes first: without a goodbye it would clean up behind us, later.
            self._say_goodbye()
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in self._marks:
            os.environ.pop(name, None)
        # Without the lease the workspace belongs to the guard, or to the next harness already: touch nothing of it.
        mine = not self._lease.check_lost()
        kept = self.workspace.kept
        problems = self._leave_clean(kept) if mine else []
        self._say_goodbye()
        self._lock.release()
        if problems and kept and error is None:
            raise HealingError("; ".join(problems), hint="`faultline down`, then `faultline up`, starts afresh")

    def _leave_clean(self, kept: bool) -> list[str]:
        if not kept:
            forget_ended(self.journal)
        problems = self.heal_all()
        end_everything(self.workspace, groups=("run",) if kept else ("run", "platform"))
        forget_load(self.workspace)
        if not kept:
            for left in forget_platform(self.workspace):
                sys.stderr.write(f"warning: a fault may still be on, and the next faultline here heals it: {left}\n")
        return problems

    @property
    def journal(self) -> UndoJournal:
        """The undo journal. Raises `HarnessError` outside the `with` block."""
        if self._journal is None:
            raise HarnessError("the session has not been entered")
        return self._journal

    def register(self, undo: Undo) -> str:
        """Write an undo down before its fault is injected; return its entry.

        Raises `HarnessError` when the guard took the lease away: this harness was stopped too long and must not inject.
        Raises `UsageError` while `faultline stop` is in force.
        """
        self.require_lease()
        require_released(self.workspace)
        return self.journal.register(undo)

    def require_lease(self) -> None:
        """Raise `StoodStill` when the guard judged this harness dead and ended its platform."""
        if self._lease.check_lost():
            stood_s = self._lease.stood_still_s
            raise StoodStill(
                f"the harness stood still for about {stood_s:.0f} s, at most {self._lease_s:.0f} s are allowed: its "
                "guard healed every fault and ended the load and the platform",
                seconds=stood_s,
                hint="run again; a machine that sleeps or a stopped process cannot be judged",
            )

    def heal(self, entry: str) -> None:
        """Carry out one registered undo and prove it. `HealingError` where that fails; it stays outstanding then."""
        with self._healing:
            undo = self.journal.outstanding().get(entry)
            if undo is not None:
                heal(undo)
                self.journal.done(entry)

    def heal_all(self) -> list[str]:
        """Carry out everything outstanding; return in words what could not be healed. Never raises."""
        return self.heal_at_once(_quiet)

    def heal_at_once(self, tell: Progress) -> list[str]:
        """As `heal_all`: first all that takes moments, then what starts something. `tell` hears of each when done."""
        with self._healing:
            heal_outstanding(self.journal, tell, deadline_s=0.0, chosen=_takes_moments)
            return heal_outstanding(self.journal, tell)

    def outstanding(self) -> list[str]:
        """Return in words what would be healed now."""
        return [describe(undo) for undo in self.journal.outstanding().values()]

    def keep(self) -> None:
        """Let the platform outlive this harness (`up`)."""
        self.workspace.kept_file.write_text("kept by `faultline up`\n")

    def release_kept(self) -> None:
        """Take `keep` back (`down`): leaving ends the platform."""
        self.workspace.kept_file.unlink(missing_ok=True)

    def _heal_older(self) -> None:
        """Heal what earlier harnesses could not; what still cannot be healed is said, and kept for the next one."""
        file = self.workspace.unhealed_file
        self._heal_loudly(UndoJournal(file), what_else=f"; if that server is gone for good, remove {file}")

    def _clean_leftovers(self) -> None:
        """End what a harness left whose guard was killed too; a kept platform that died is kept no longer."""
        workspace = self.workspace
        if workspace.kept and not _anything_runs(workspace):
            self.release_kept()
        if workspace.kept:
            self._heal_loudly(UndoJournal(workspace.undo_file))
        left = (workspace.processes_file, workspace.undo_file, workspace.containers_file)
        if not workspace.kept and any(path.exists() for path in left):
            self._heal_leftovers()
            # Without an engine no container of ours runs either; the note that there were some stays for the next.
            with suppress(ProvisionError):
                end_everything(workspace)
            forget_platform(workspace)
        forget_load(workspace)

    def _heal_leftovers(self) -> None:
        """Heal what does not end with our processes; say loudly what could not be healed, since nobody else will."""
        journal = UndoJournal(self.workspace.undo_file)
        forget_ended(journal)
        if outliving(journal):
            self._heal_loudly(journal)

    def _heal_loudly(self, journal: UndoJournal, *, what_else: str = "") -> None:
        for problem in heal_outstanding(journal, _quiet, deadline_s=LEFTOVER_DEADLINE_S):
            sys.stderr.write(f"warning: a fault of an earlier run may still be on: {problem}{what_else}\n")

    def _start_guard(self) -> "subprocess.Popen[bytes]":
        source = Path(harness.__file__).parent.parent
        lock = self._lock.descriptor
        arguments = [str(self.workspace.root), str(self._lease_s), str(lock)]
        with (self.workspace.logs / "guard.log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "harness.guard", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=inherited_environment() | {"PYTHONPATH": str(source)},
                cwd="/",
                start_new_session=True,
                pass_fds=(lock,),
            )
        said = child.stdout.readline() if child.stdout else b""
        if said.decode() != READY:
            child.kill()
            raise HarnessError(
                "the guard process did not start", hint=f"its output: {self.workspace.logs / 'guard.log'}"
            )
        return child

    def _say_goodbye(self) -> None:
        self._lease.give_back()
        if self._guard is None or self._guard.stdin is None or self._guard.stdout is None:
            return
        try:
            self._guard.stdin.write(BYE)
            self._guard.stdin.close()
        except BrokenPipeError:
            # The guard has cleaned up already (the lease ran out), which is all that it would do.
            pass
        self._guard.stdout.close()
        try:
            self._guard.wait(timeout=15.0)
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait()


def _anything_runs(workspace: Workspace) -> bool:
    """Tell whether anything of a kept platform runs. Without an engine no container of ours does, which is told."""
    try:
        return anything_runs(workspace)
    except ProvisionError as error:
        sys.stderr.write(f"warning: {error}; the containers that `faultline up` kept are given up\n")
        return False


def _takes_moments(undo: Undo) -> bool:
    return undo.kind not in STARTS_SOMETHING


def _quiet(_line: str) -> None:
    return None
