"""The worker processes of one joining host: a private job each, Locust, and the files that they write."""

import importlib
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.joining.client import RunClient
from harness.joining.forwarding import Forwarder
from harness.workspace import write_private


class JoinedWorker:
    """One worker. It is a child that the kernel ends when this process dies.

    `job` is the run's, `folder` where the worker writes (`raw/`, `logs/`), `private` where its job with the merchants'
    keys is kept while it runs.
    """

    def __init__(
        self,
        client: RunClient,
        share: int,
        job: Mapping[str, Any],
        folder: Path,
        private: Path,
        master: tuple[str, int],
    ) -> None:
        self.share = share
        path = private / f"load-{share}.json"
        write_private(path, {**job, "worker": share, "run_dir": str(folder)})
        arguments, environment = importlib.import_module("loadtests.command").worker_command(path, master)
        log = folder / "logs" / f"load-{share}.log"
        self._history = Forwarder(client, folder / "raw" / f"history-{share}.jsonl")
        self._ready = Forwarder(client, folder / "raw" / f"ready-{share}")
        self._last = [Forwarder(client, folder / "raw" / f"load-{share}.json"), Forwarder(client, log)]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                arguments,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def status(self) -> int | None:
        """Return its exit status (negative: a signal), None while it runs."""
        return self._process.poll()

    def push(self) -> None:
        """Hand over what it has written so far. Raises `ControlError` where the run does not answer."""
        self._history.push()
        self._ready.push()

    def push_all(self) -> None:
        """Hand over everything of a worker that has ended."""
        for file in (self._history, self._ready, *self._last):
            file.push()

    def terminate(self) -> None:
        """Ask it to end in good order."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def end(self, grace_s: float) -> None:
        """End it, by force after `grace_s`."""
        self.terminate()
        try:
            self._process.wait(timeout=grace_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
