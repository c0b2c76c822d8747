"""How undo steps of processes are carried out: thaw what was frozen, start again what was ended, take controls back."""

import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import requests
from urllib3.exceptions import NewConnectionError

from harness.core.errors import ControlError, HealingError
from harness.core.plain import Row
from harness.provision.processes.records import living
from harness.workspace import Workspace

if TYPE_CHECKING:
    from harness.targets.state import PlatformState

_THAW_DEADLINE_S = 2.0
RESTART = "restart_process"
THAW = "thaw_process"
DISARM = "disarm_process"
RESET_CLOCK = "reset_clock"
CRASH_POINT = "/internal/api/system/crash-point"
CLOCK = "/internal/api/system/clock"
_CALL_TIMEOUT_S = 2.0
_TAKE_BACK_DEADLINE_S = 10.0
_POLL_S = 0.1


def restart_process(arguments: Mapping[str, str]) -> None:
    """Start a process of the embedded platform again unless it runs: `workspace` (its folder) and `name`.

    Everything else (command, environment, secrets) is in the workspace, as the platform was started.
    """
    from harness.provision.ports import Ports
    from harness.provision.processes.supervisor import Supervisor
    from harness.targets.launch import Launcher
    from harness.targets.state import PlatformState

    workspace = Workspace(Path(arguments["workspace"]))
    state = PlatformState.load(workspace.platform_file)
    if state is None:
        raise HealingError(f"{arguments['name']} cannot be started again: no platform is described in {workspace.root}")
    Launcher(workspace, Ports(state.base_port), Supervisor(workspace), state).start([arguments["name"]])


def thaw_process(arguments: Mapping[str, str]) -> None:
    """Let a frozen process run on: `pid` and `started_at` (seconds since the epoch). Gone is as good as thawed."""
    process = living(int(arguments["pid"]), float(arguments["started_at"]))
    if process is None:
        return
    until = time.monotonic() + _THAW_DEADLINE_S
    while time.monotonic() < until:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGCONT)
            if process.status() == psutil.STATUS_STOPPED:
                time.sleep(0.01)
                continue
        return
    raise HealingError(f"process {process.pid} ({arguments.get('name', '?')}) is still stopped")


def disarm_process(arguments: Mapping[str, str]) -> None:
    """Take an armed crash point back: `workspace`, `name` and `url` of the process. A dead one has none."""
    _take_back(arguments, CRASH_POINT, {"point": None})


def reset_clock(arguments: Mapping[str, str]) -> None:
    """Let a process live in the host's time again: `workspace`, `name` and `url`. A dead one will when it starts."""
    _take_back(arguments, CLOCK, {"offset_s": 0})


def _take_back(arguments: Mapping[str, str], path: str, body: Row) -> None:
    from harness.provision.http import call
    from harness.targets.state import PlatformState

    workspace = Workspace(Path(arguments["workspace"]))
    until = time.monotonic() + _TAKE_BACK_DEADLINE_S
    while (state := PlatformState.load(workspace.platform_file)) and _lives(workspace, state, arguments["name"]):
        headers = {"Authorization": f"Bearer {state.secrets.operator_token}"}
        try:
            said = call("POST", arguments["url"] + path, json=body, headers=headers, timeout_s=_CALL_TIMEOUT_S)
        except ControlError as error:
            if _refused(error):
                return
            # It hung up: it is dying, or starting where somebody listens in its place already.
            if not _hung_up(error) or time.monotonic() > until:
                raise
            time.sleep(_POLL_S)
            continue
        if any(said.get(name) != value for name, value in body.items()):
            raise HealingError(f"{arguments['name']} answered {said} to {body}")
        return


def _lives(workspace: Workspace, state: "PlatformState", name: str) -> bool:
    """Tell whether it is ours that would be asked: a port may be somebody else's by now."""
    from harness.provision.processes.records import load_records

    if state.target == "compose":
        from harness.provision.containers.owned import owner_of, states

        found = states(owner_of(workspace)).get(name)
        return found is not None and found.alive
    record = load_records(workspace.processes_file).get(name)
    return record is not None and record.process() is not None


def _hung_up(error: ControlError) -> bool:
    """Tell whether there was no answer, and not because time ran out."""
    cause = error.__cause__
    return isinstance(cause, requests.ConnectionError) and not isinstance(cause, requests.Timeout)


def _refused(error: ControlError) -> bool:
    """Tell whether nobody listens: the process is dead or only starting, and was asked for nothing in this life."""
    if not _hung_up(error) or error.__cause__ is None:
        return False
    reason = getattr(error.__cause__.args[0], "reason", None) if error.__cause__.args else None
    return isinstance(reason, NewConnectionError)


PROCESS_HEALERS: Mapping[str, Callable[[Mapping[str, str]], None]] = {
    RESTART: restart_process,
    THAW: thaw_process,
    DISARM: disarm_process,
    RESET_CLOCK: reset_clock,
}
