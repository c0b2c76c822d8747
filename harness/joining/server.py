"""The run's side: listens for the hosts that join, in a thread of the harness, for as long as one run's load."""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn

from harness.core.errors import HarnessError, UsageError
from harness.joining.desk import Desk
from harness.joining.gathering import Gathering

_POLL_S = 0.05


def check_free(gathering: Gathering) -> None:
    """Raise `UsageError` where one of the two ports cannot be listened on now."""
    for port in (gathering.port, gathering.master_port):
        _listen(gathering.host, port).close()


class JoinServer:
    """Listens from `start` to `stop`. `job` is the load's job as `write_job` wrote it; files go below `folder`."""

    def __init__(
        self, gathering: Gathering, folder: Path, job: dict[str, Any], told_start_us: Callable[[], int | None]
    ) -> None:
        self._gathering, self._folder = gathering, folder
        self._desk = Desk(gathering, folder, job, told_start_us)
        config = uvicorn.Config(
            self._desk.app(),
            log_level="warning",
            access_log=False,
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen. Raises `UsageError` where the address cannot be had."""
        listener = _listen(self._gathering.host, self._gathering.port)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="faultline-join", daemon=True
        )
        self._thread.start()

    @property
    def joined(self) -> int:
        """How many workers have joined."""
        with self._desk.lock:
            return len(self._desk.roster.shares)

    @property
    def ended(self) -> list[str]:
        """Which workers have ended, and how, in words."""
        with self._desk.lock:
            shares = self._desk.roster.shares.values()
            return [f"worker {item.number} on {item.host} {item.how}" for item in shares if item.ended]

    def call_off(self) -> None:
        """Tell the hosts that the load is over, whatever is left of it."""
        self._desk.over = True

    def await_ended(self, deadline_s: float, silent_s: float) -> None:
        """Wait until each worker has ended and handed over, or its host was silent for `silent_s`; then note it all."""
        until = time.monotonic() + deadline_s
        while time.monotonic() < until:
            with self._desk.lock:
                if not self._desk.roster.outstanding(silent_s):
                    break
            time.sleep(_POLL_S)
        with self._desk.lock:
            self._desk.roster.give_up()
            self._desk.roster.write(self._folder / "raw")

    def stop(self) -> None:
        """Listen no more. Raises `HarnessError` where the thread does not end."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=10.0)
            if self._thread.is_alive():
                raise HarnessError("the join server did not stop")


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise UsageError(
            f"--load-bind: {host}:{port} cannot be listened on: {error.strerror or error}",
            hint="give an address of this machine and a port that is free, as the one after it must be",
        ) from error
