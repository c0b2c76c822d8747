"""`core.process_controls.Processes` on the embedded platform: signals to verified processes, starts like the first."""

import time
from collections.abc import Callable, Sequence
from fnmatch import fnmatch

import psutil

from harness.core.errors import ControlError, UsageError
from harness.core.fault import Undo
from harness.core.process_controls import Crash
from harness.guard.process_healers import RESTART, THAW
from harness.provision.processes.ending import end_records
from harness.provision.processes.records import ProcessRecord
from harness.provision.processes.supervisor import Supervisor
from harness.targets.code_controls import CodeControls, crashes_in
from harness.targets.in_use import absent
from harness.targets.launch import Launcher
from harness.targets.state import PlatformState
from harness.targets.topology import PROCESSES

_VERIFY_S = 2.0


class ProcessControls(CodeControls):
    """The platform's processes. Whoever is ended here stays recorded, so that health checks miss it."""

    def __init__(self, launcher: Launcher, supervisor: Supervisor, state: PlatformState) -> None:
        super().__init__(supervisor.workspace, state)
        self._launcher = launcher
        self._supervisor = supervisor
        self._state = state

    def matching(self, pattern: str) -> Sequence[str]:
        """Return the names matching a shell pattern such as `api*`; `UsageError` listing all when none does."""
        there = [name for name in PROCESSES if name not in absent(self._state.settings)]
        found = [name for name in there if fnmatch(name, pattern)]
        if not found:
            raise UsageError(f"no process matches {pattern!r}", hint=f"valid: {', '.join(there)}")
        return found

    def alive(self, name: str) -> bool:
        """Tell whether it exists (a frozen process does)."""
        return self._supervisor.alive(name)

    def ready(self, name: str) -> bool:
        """Tell whether it exists and answers."""
        return self._launcher.ready(name)

    def kill(self, name: str) -> int:
        """End it with SIGKILL and return its pid. `ControlError` where it does not run or does not go."""
        record = self._running(name)[0]
        end_records([record])
        if record.process() is not None:
            raise ControlError(f"{name} (process {record.pid}) is still there after SIGKILL")
        return record.pid

    def freeze(self, name: str) -> int:
        """Stop it with SIGSTOP (its sockets stay open) and return its pid. Verified; `ControlError` otherwise."""
        record, process = self._running(name)
        process.suspend()
        if not _within(_VERIFY_S, lambda: process.status() == psutil.STATUS_STOPPED):
            raise ControlError(f"{name} (process {record.pid}) did not stop")
        return record.pid

    def begin_start(self, name: str) -> None:
        """Start it again if it does not run, without waiting until it answers."""
        self._launcher.begin(name)

    def start(self, name: str) -> None:
        """Start it again if it does not run, and wait until it answers. `HarnessError` where it does not."""
        self._launcher.start([name])

    def undo_kill(self, name: str) -> Undo:
        """Return the step that starts it again if it does not run, and waits until it answers."""
        self.matching(name)
        return Undo(RESTART, {"workspace": str(self._supervisor.workspace.root), "name": name})

    def undo_freeze(self, name: str) -> Undo:
        """Return the step that lets it run on (SIGCONT), for the process that runs now."""
        record = self._running(name)[0]
        return Undo(THAW, {"name": name, "pid": str(record.pid), "started_at": repr(record.started_at)})

    def crash(self, name: str, pid: int) -> Crash | None:
        """Return what the process with this pid wrote before it died at a crash point; None where it did not."""
        try:
            crashes = crashes_in((self._supervisor.workspace.crashes / f"{name}.jsonl").read_text())
        except FileNotFoundError:
            return None
        return next((crash for crash in reversed(crashes) if crash.pid == pid), None)

    def _pid(self, name: str) -> int:
        return self._running(name)[0].pid

    def _running(self, name: str) -> tuple[ProcessRecord, psutil.Process]:
        self.matching(name)
        record = self._supervisor.records.get(name)
        process = record.process() if record else None
        if record is None or process is None:
            raise ControlError(f"{name} does not run")
        return record, process


def _within(seconds: float, check: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not check():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True
