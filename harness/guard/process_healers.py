"""How undo steps of processes are carried out: thaw what was frozen, start again what was ended."""

import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from harness.core.errors import HealingError
from harness.provision.processes.records import living
from harness.workspace import Workspace

_THAW_DEADLINE_S = 2.0
RESTART = "restart_process"
THAW = "thaw_process"


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


PROCESS_HEALERS = {RESTART: restart_process, THAW: thaw_process}
