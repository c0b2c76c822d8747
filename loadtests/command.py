"""How the harness starts the load: a command line and an environment, nothing imported from Locust."""

import importlib.util
import os
import socket
import sys
from pathlib import Path

from harness.core.errors import UsageError

JOB_VARIABLE = "FAULTLINE_LOAD_JOB"
PARENT_VARIABLE = "FAULTLINE_LOAD_PARENT"
LOOPBACK = "127.0.0.1"
LOST_EXIT_CODE = 71
"""A master's exit status where no worker was left: what they had sent is in their histories."""


def command(
    job: Path,
    workers: int = 1,
    web_port: int | None = None,
    *,
    by_hand: bool = False,
    master_port: int | None = None,
    locustfile: str = "loadtests.locustfile",
) -> tuple[list[str], dict[str, str]]:
    """Return the command line and the additional environment that run the load of `job`.

    `workers` must equal the job's; more than one become Locust's own worker processes under a master that listens on
    `master_port` (None: a free port). With `web_port` Locust's web UI shows the run and ends with it; `by_hand` the
    run waits for users in the web UI instead, follows their number, and has no end. `locustfile` is a module's name.
    Raises `UsageError` where that module does not exist or `workers` is not positive.
    """
    if workers < 1:
        raise UsageError(f"workers: {workers} is not a positive number of load processes")
    path = _path_of(locustfile)
    arguments = _lanes(path, workers, web_port, by_hand=by_hand)
    if workers > 1:
        port = str(master_port or _free_port())
        arguments += ["--processes", str(workers), "--master-bind-host", LOOPBACK, "--master-bind-port", port]
        arguments += ["--master-host", LOOPBACK, "--master-port", port]
    return arguments, _environment(job, path)


def master_command(
    job: Path, workers: int, bind: tuple[str, int], web_port: int | None = None
) -> tuple[list[str], dict[str, str]]:
    """Return the same for a master alone: `bind` is where `workers` workers of other hosts will find it."""
    path = _path_of("loadtests.locustfile")
    arguments = [*_lanes(path, workers, web_port), "--master", "--expect-workers", str(workers)]
    arguments += ["--master-bind-host", bind[0], "--master-bind-port", str(bind[1])]
    return arguments, _environment(job, path)


def worker_command(job: Path, master: tuple[str, int]) -> tuple[list[str], dict[str, str]]:
    """Return the same for one worker on another host than its master; its `job` says which share is its own.

    The process that calls this must start the worker itself: the worker ends with it.
    """
    path = _path_of("loadtests.locustfile")
    arguments = [sys.executable, "-m", "locust", "-f", str(path), "--worker"]
    arguments += ["--master-host", master[0], "--master-port", str(master[1])]
    return arguments, {**_environment(job, path), PARENT_VARIABLE: str(os.getpid())}


def _lanes(path: Path, workers: int, web_port: int | None, *, by_hand: bool = False) -> list[str]:
    arguments = [sys.executable, "-m", "locust", "-f", str(path), "--users", str(workers)]
    arguments += ["--spawn-rate", str(workers), "--stop-timeout", "5", "--exit-code-on-error", "0", "--only-summary"]
    if web_port is None:
        return [*arguments, "--headless"]
    arguments += ["--web-host", LOOPBACK, "--web-port", str(web_port)]
    return arguments + ([] if by_hand else ["--autostart", "--autoquit", "0"])


def _environment(job: Path, locustfile: Path) -> dict[str, str]:
    return {JOB_VARIABLE: str(job.resolve()), "PYTHONPATH": str(locustfile.parent.parent)}


def _path_of(module: str) -> Path:
    """Find the file of a module without importing it (only its package)."""
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        found = None
    if found is None or found.origin is None:
        raise UsageError(f"locustfile: there is no module {module!r}", hint="the default is loadtests.locustfile")
    return Path(found.origin)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
