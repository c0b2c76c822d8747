"""Starts Locust in its own processes, waits for it, and never imports it."""

import importlib
import json
import time
from pathlib import Path
from typing import Any

from harness.core.errors import HarnessError
from harness.core.load import Load
from harness.core.target import Target
from harness.provision.processes.supervisor import ProcessSpec, Supervisor
from harness.run.events import now_us
from harness.workspace import write_atomic, write_private

FOLLOW_DEADLINE_S = 20.0
"""How long the load goes on asking about payments whose fate is unknown, after the last arrival."""

READY_DEADLINE_S = 60.0
"""Interpreter, gevent and lanes take two seconds, on a busy machine many."""

LEAD_S = 0.3
"""From telling the workers the start to the first arrival."""

REQUEST_TIMEOUT_S = 5.0
STOP_GRACE_S = 5.0
NAME = "load"
_POLL_S = 0.02


class LoadProcess:
    """The load generator of one run, as a child that the guard ends too when this harness dies."""

    def __init__(self, job: Path, workers: int, supervisor: Supervisor, web_port: int | None = None) -> None:
        """Start it. `job` is what `write_job` wrote; `web_port` shows Locust's own page while it runs."""
        build = importlib.import_module("loadtests.command").command
        arguments, environment = build(job, workers=workers, web_port=web_port)
        self._job = job
        self._workers = workers
        self._supervisor = supervisor
        supervisor.spawn(ProcessSpec(NAME, tuple(arguments), env=environment, group="run"))

    def begin(self, raw: Path) -> int:
        """Wait until every worker is ready, name the start, and return it (microseconds since the epoch).

        Raises `HarnessError` where a worker does not come.
        """
        starting = importlib.import_module("loadtests.starting")
        until = time.monotonic() + READY_DEADLINE_S
        while starting.ready_workers(raw) < self._workers:
            if not self.running() or time.monotonic() > until:
                raise HarnessError(
                    f"the load generator did not become ready: {self._supervisor.tail(NAME)}",
                    hint=f"see {self._supervisor.log_path(NAME)}",
                )
            time.sleep(_POLL_S)
        start_us = now_us() + int(LEAD_S * 1e6)
        write_atomic(starting.start_file(raw), json.dumps({"start_at_us": start_us}))
        return start_us

    def running(self) -> bool:
        """Tell whether it is still at work."""
        return self._supervisor.alive(NAME)

    def finish(self) -> None:
        """Take its exit status. Raises `HarnessError` where it failed or is still at work."""
        code = self._supervisor.wait_exit(NAME, deadline_s=1.0)
        if code == 0:
            return
        log = self._supervisor.log_path(NAME)
        if code is None:
            raise HarnessError("the load generator did not end in time", hint=f"see {log}")
        raise HarnessError(
            f"the load generator ended with code {code}: {self._supervisor.tail(NAME)}", hint=f"see {log}"
        )

    def stop(self) -> None:
        """End it, if it is still there, and remove the job with its keys; what it had recorded stays."""
        self._supervisor.stop([NAME], grace_s=STOP_GRACE_S)
        self._job.unlink(missing_ok=True)


def write_job(job: Path, folder: Path, load: Load, target: Target, *, seed: int, workers: int) -> Path:
    """Write the load's job for the run in `folder` and return its path.

    It holds the merchants' test keys: mode 600, and in the workspace, where the guard removes it behind a dead harness.
    """
    document: dict[str, Any] = {
        "run_dir": str(folder),
        "seed": seed,
        "rate_per_s": load.rate_per_s,
        "duration_s": load.duration_s,
        "mix": dict(load.mix),
        "settings": dict(load.settings),
        "api_urls": dict(target.api_urls),
        "merchants": [
            {
                "id": merchant.id,
                "api_key": merchant.api_key,
                "currency": merchant.currency,
                "exponent": merchant.exponent,
                "amount_form": merchant.amount_form,
            }
            for merchant in target.merchants
        ],
        "await_start": True,
        "workers": workers,
        "request_timeout_s": REQUEST_TIMEOUT_S,
        "follow_deadline_s": FOLLOW_DEADLINE_S,
    }
    write_private(job, document)
    return job
