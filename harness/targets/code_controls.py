"""The half of `core.process_controls.Processes` that the platform's own code offers: crash points, and its clock."""

import json
from collections.abc import Sequence

from harness.core.errors import ControlError, UsageError
from harness.core.fault import Undo
from harness.core.plain import Row
from harness.core.process_controls import Crash, CrashPoint
from harness.guard.process_healers import CLOCK, CRASH_POINT, DISARM, RESET_CLOCK
from harness.provision.http import answers, call
from harness.provision.ports import Ports
from harness.targets.state import PlatformState
from harness.targets.topology import PLATFORM, REPLICAS
from harness.workspace import Workspace


class CodeControls:
    """Asked over HTTP with the operator's token; a target says under which pid a process dies (`_pid`)."""

    def __init__(self, workspace: Workspace, state: PlatformState) -> None:
        self._workspace = workspace
        self._ports = Ports(state.base_port)
        self._operator = {"Authorization": f"Bearer {state.secrets.operator_token}"}

    def _pid(self, name: str) -> int:
        """Return the pid under which a process will write that it died. `ControlError` where it does not run."""
        raise NotImplementedError

    def crash_points(self) -> Sequence[CrashPoint]:
        """Return every crash point that the platform's code has. `ControlError` where nobody tells."""
        awake = [name for name in REPLICAS if answers(f"{self._url(name)}/health")]
        said = call("GET", f"{self._url((*awake, *REPLICAS)[0])}/v1/crash-points")
        return [CrashPoint(item["name"], tuple(item["roles"]), item["meaning"]) for item in said["points"]]

    def arm(self, name: str, point: str) -> int:
        """Let a process die when it next reaches a crash point; return its pid. `ControlError` where it refuses."""
        pid = self._pid(name)
        self._control(name, CRASH_POINT, {"point": point})
        return pid

    def disarm(self, name: str) -> None:
        """Take an armed crash point back now. Verified; `ControlError` otherwise, as where the process has died."""
        self._control(name, CRASH_POINT, {"point": None})

    def undo_arm(self, name: str) -> Undo:
        """Return the step that disarms it (a process that died is not armed any more)."""
        return self._undo(DISARM, name)

    def skew(self, name: str, offset_s: float) -> None:
        """Let a process's clock jump to `offset_s` seconds ahead of the host's. Verified; `ControlError` otherwise."""
        self._control(name, CLOCK, {"offset_s": offset_s})

    def undo_skew(self, name: str) -> Undo:
        """Return the step that gives it the host's time back."""
        return self._undo(RESET_CLOCK, name)

    def _undo(self, kind: str, name: str) -> Undo:
        where = {"workspace": str(self._workspace.root), "name": name, "url": self._url(name)}
        return Undo(kind, where)

    def _control(self, name: str, path: str, body: Row) -> None:
        said = call("POST", self._url(name) + path, json=body, headers=self._operator, timeout_s=2.0)
        if any(said.get(field) != value for field, value in body.items()):
            raise ControlError(f"{name} answered {said} to {dict(body)}")

    def _url(self, name: str) -> str:
        if name not in PLATFORM:
            raise UsageError(
                f"{name} has no crash points and no clock of its own", hint=f"valid: {', '.join(PLATFORM)}"
            )
        return f"http://127.0.0.1:{self._ports.of(name)}"


def crashes_in(text: str) -> list[Crash]:
    """Return what was written by processes that died, the oldest first. A line that is just being written waits."""
    whole, _, _ = text.rpartition("\n")
    return [Crash(**json.loads(line)) for line in whole.splitlines()]
