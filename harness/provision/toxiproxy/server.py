"""The running Toxiproxy server of a workspace."""

import sys
from pathlib import Path

from harness.core.target import Progress
from harness.provision.http import answers
from harness.provision.ports import Ports
from harness.provision.processes.supervisor import ProcessSpec, Supervisor
from harness.provision.toxiproxy.locate import find_server

PROCESS = "toxiproxy"
_READY_DEADLINE_S = 15.0


class ToxiproxyServer:
    """Starts the server, and starts it again when its control API is frozen."""

    def __init__(self, ports: Ports, supervisor: Supervisor) -> None:
        self.port = ports.of(PROCESS)
        self._supervisor = supervisor

    def start(self, progress: Progress) -> None:
        """Start the server unless it runs, and wait until its API answers."""
        if not self._supervisor.alive(PROCESS):
            self._spawn(find_server(progress))

    def respawn(self) -> None:
        """Kill the server, however it is doing, and start it again, without any proxy."""
        self._supervisor.stop([PROCESS])
        self._spawn(find_server(_tell))

    def stop(self) -> None:
        """End the server."""
        self._supervisor.stop([PROCESS])

    def _spawn(self, program: Path) -> None:
        command = (str(program), "-host", "127.0.0.1", "-port", str(self.port))
        spec = ProcessSpec(PROCESS, command, {"LOG_LEVEL": "error"}, {"api": self.port}, role="link proxy")
        self._supervisor.spawn(spec)
        url = f"http://127.0.0.1:{self.port}/version"
        self._supervisor.wait_ready(PROCESS, lambda: answers(url), deadline_s=_READY_DEADLINE_S)


def _tell(line: str) -> None:
    print(line, file=sys.stderr)
