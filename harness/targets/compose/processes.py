"""`core.process_controls.Processes` on containers: kill, pause, start."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from harness.core.errors import ControlError, UsageError
from harness.core.fault import Undo
from harness.core.process_controls import Crash
from harness.guard.container_healers import resume_undo, run_on, start_container, start_undo
from harness.provision.containers.engine import controlled
from harness.provision.containers.files import read_file
from harness.provision.containers.owned import container
from harness.provision.containers.pausing import pause
from harness.provision.http import answers
from harness.targets.code_controls import CodeControls, crashes_in
from harness.targets.compose.fleet import Fleet
from harness.targets.state import PlatformState
from harness.workspace import Workspace

if TYPE_CHECKING:
    from docker.models.containers import Container


_CRASHES = "/var/lib/crashes"


class ContainerProcesses(CodeControls):
    """The platform's own containers. `urls` says where each answers, by its name."""

    def __init__(self, fleet: Fleet, urls: Mapping[str, str], workspace: Workspace, state: PlatformState) -> None:
        super().__init__(workspace, state)
        self._fleet = fleet
        self._urls = urls
        self._armed_at_us: dict[str, int] = {}

    def matching(self, pattern: str) -> Sequence[str]:
        """Return the names matching a shell pattern such as `api*`; `UsageError` listing all when none does."""
        found = [name for name in self._urls if fnmatch(name, pattern)]
        if not found:
            raise UsageError(f"no process matches {pattern!r}", hint=f"valid: {', '.join(self._urls)}")
        return found

    def alive(self, name: str) -> bool:
        """Tell whether it exists (a paused one does)."""
        return self._fleet.alive(name)

    def ready(self, name: str) -> bool:
        """Tell whether it exists and answers."""
        return self.alive(name) and answers(self._urls[name])

    def kill(self, name: str) -> int:
        """End it with SIGKILL and return its pid on the host. `ControlError` where it does not run or does not go."""
        found, pid = self._running(name)
        with controlled(f"killing {name}"):
            found.kill("SIGKILL")
            found.wait(timeout=10)
        self._expect(name, "exited")
        return pid

    def freeze(self, name: str) -> int:
        """Pause it (its sockets stay open) and return its pid on the host. Verified; `ControlError` otherwise."""
        found, pid = self._running(name)
        with controlled(f"pausing {name}"):
            pause(found)
        self._expect(name, "paused")
        return pid

    def begin_start(self, name: str) -> None:
        """Start it again if it does not run, without waiting until it answers."""
        if not self.alive(name):
            found = container(self._fleet.owner, name)
            with controlled(f"starting {name}"):
                run_on(found)
            self._fleet.forget()

    def start(self, name: str) -> None:
        """Start it again if it does not run, and wait until it answers. `HarnessError` where it does not."""
        start_container(self.undo_kill(name).arguments)
        self._fleet.forget()

    def undo_kill(self, name: str) -> Undo:
        """Return the step that starts it again if it does not run, and waits until it answers."""
        self.matching(name)
        return start_undo(self._fleet.owner, name, self._urls[name])

    def undo_freeze(self, name: str) -> Undo:
        """Return the step that lets it run on."""
        self.matching(name)
        return resume_undo(self._fleet.owner, name)

    def arm(self, name: str, point: str) -> int:
        """Let a process die when it next reaches a crash point; return its pid. `ControlError` where it refuses."""
        self._armed_at_us[name] = time.time_ns() // 1000
        return super().arm(name, point)

    def crash(self, name: str, pid: int) -> Crash | None:
        """Return what a process wrote before it died at a crash point since it was armed; None where it did not."""
        try:
            text = read_file(self._fleet.owner, name, f"{_CRASHES}/{name}.jsonl")
        except ControlError:
            return None
        crashes = crashes_in(text)
        since = self._armed_at_us.get(name, 0)
        last = next((crash for crash in reversed(crashes) if crash.at_us >= since), None)
        # It wrote its pid as its container counts; here every pid is the host's.
        return replace(last, pid=pid) if last else None

    def _pid(self, name: str) -> int:
        return self._running(name)[1]

    def _running(self, name: str) -> "tuple[Container, int]":
        self.matching(name)
        found = container(self._fleet.owner, name)
        pid = int(found.attrs["State"]["Pid"] or 0)
        if not pid:
            raise ControlError(f"{name} does not run")
        return found, pid

    def _expect(self, name: str, state: str) -> None:
        self._fleet.forget()
        found = self._fleet.records.get(name)
        if found is None or found.state != state:
            raise ControlError(f"{name} is {found.state if found else 'gone'}, not {state}")
