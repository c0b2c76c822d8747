"""Starts Locust in its own processes, waits for it, and never imports it."""

import importlib
import json
import time
from functools import partial
from pathlib import Path

from harness.core.errors import HarnessError
from harness.core.target import Progress
from harness.joining import Gathering, JoinServer
from harness.provision.processes.supervisor import ProcessSpec, Supervisor
from harness.run.events import now_us

READY_DEADLINE_S = 60.0
"""Interpreter, gevent and lanes take two seconds, on a busy machine many."""

JOIN_DEADLINE_S = 600.0
"""People start the workers on other hosts."""

LEAD_S = 0.3
"""From telling the workers the start to the first arrival."""

JOINED_LEAD_S = 1.5
"""The same where other hosts must hear of it first, who ask every tenth of a second."""

HAND_OVER_S = 60.0
SILENT_S = 8.0
"""How long the histories of other hosts are waited for, and how long one may say nothing before it is given up."""

STOP_GRACE_S = 5.0
NAME = "load"
_POLL_S = 0.02
_JOIN_POLL_S = 0.2


class LoadProcess:
    """The load generator of one run, as a child that the guard ends too when this harness dies."""

    def __init__(
        self,
        job: Path,
        workers: int,
        supervisor: Supervisor,
        web_port: int | None = None,
        gathering: Gathering | None = None,
    ) -> None:
        """Start it. `job` is what `write_job` wrote; `web_port` shows Locust's own page while it runs.

        With a `gathering` only Locust's master is started here, and the workers join from other hosts. Raises
        `UsageError` where its address cannot be listened on.
        """
        build = importlib.import_module("loadtests.command")
        if gathering is None:
            arguments, environment = build.command(job, workers=workers, web_port=web_port)
        else:
            bind = (gathering.host, gathering.master_port)
            arguments, environment = build.master_command(job, workers, bind, web_port)
        self._job = job
        self._workers = workers
        self._alone = gathering is None and workers == 1
        self._lost_code = build.LOST_EXIT_CODE
        self._supervisor = supervisor
        self._server = _join_server(gathering, job) if gathering else None
        try:
            supervisor.spawn(ProcessSpec(NAME, tuple(arguments), env=environment, group="run"))
        except BaseException:
            if self._server is not None:
                self._server.stop()
            raise

    def begin(self, raw: Path, progress: Progress = lambda _: None) -> int:
        """Wait until every worker is ready, name the start, and return it (microseconds since the epoch).

        Raises `HarnessError` where a worker does not come, or is gone before all are ready.
        """
        starting = importlib.import_module("loadtests.starting")
        until = time.monotonic() + (READY_DEADLINE_S if self._server is None else JOIN_DEADLINE_S)
        while (ready := starting.ready_workers(raw)) < self._workers:
            gone = self._server.ended if self._server else []
            if gone or not self.running() or time.monotonic() > until:
                told = "; ".join(gone) or self._supervisor.tail(NAME)
                raise HarnessError(
                    f"the load generator did not become ready ({ready} of {self._workers} workers are): {told}",
                    hint=f"see {self._supervisor.log_path(NAME)}",
                )
            if self._server is None:
                time.sleep(_POLL_S)
            else:
                progress(f"waiting for load workers: {self._server.joined} of {self._workers} joined, {ready} ready")
                time.sleep(_JOIN_POLL_S)
        start_us = now_us() + int((LEAD_S if self._server is None else JOINED_LEAD_S) * 1e6)
        starting.tell_start(raw, start_us)
        return start_us

    def running(self) -> bool:
        """Tell whether it is still at work."""
        return self._supervisor.alive(NAME)

    def finish(self) -> None:
        """Take its exit status and all histories. Raises `HarnessError` where it failed or is still at work.

        That workers died is no failure, not even where none is left: what they had sent is in their histories, and the
        judge says what is missing.
        """
        if self._server is not None:
            self._server.await_ended(HAND_OVER_S, SILENT_S)
        code = self._supervisor.wait_exit(NAME, deadline_s=1.0)
        if code in (0, self._lost_code) or (self._alone and code is not None and code < 0):
            return
        log = self._supervisor.log_path(NAME)
        if code is None:
            raise HarnessError("the load generator did not end in time", hint=f"see {log}")
        raise HarnessError(
            f"the load generator ended with code {code}: {self._supervisor.tail(NAME)}", hint=f"see {log}"
        )

    def stop(self) -> None:
        """End it, if it is still there, and remove the job with its keys; what it had recorded stays."""
        if self._server is not None:
            self._server.call_off()
        self._supervisor.stop([NAME], grace_s=STOP_GRACE_S)
        if self._server is not None:
            self._server.await_ended(HAND_OVER_S, SILENT_S)
            self._server.stop()
            self._server = None
        self._job.unlink(missing_ok=True)


def _join_server(gathering: Gathering, job: Path) -> JoinServer:
    document = json.loads(job.read_text())
    folder = Path(document["run_dir"])
    told = partial(importlib.import_module("loadtests.starting").told_start_us, folder / "raw")
    server = JoinServer(gathering, folder, document, told)
    server.start()
    return server
