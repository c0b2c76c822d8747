"""Puts a Locust process together: reads the job, and makes it the master or a worker of the load."""

import os
import signal
import sys
import time
from pathlib import Path

import gevent
import msgspec
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from harness.core.errors import FaultlineError, UsageError
from harness.provision.processes.urgency import hurry
from loadtests.checking import check_mix
from loadtests.command import JOB_VARIABLE, PARENT_VARIABLE
from loadtests.engine.lane import Lane
from loadtests.engine.master import Master
from loadtests.engine.parent import end_with
from loadtests.engine.worker import Worker
from loadtests.flows import discover
from loadtests.job import LoadJob, read_job

_LOADED_IN = os.getpid()
"""The process that read the locustfile: Locust forks its local workers after that, so it is their parent."""


def assemble(environment: Environment, lane: type[Lane]) -> None:
    """Prepare this process for the job named by `FAULTLINE_LOAD_JOB`. Ends the process where the job makes no sense.

    Ctrl-C then ends the load as SIGTERM does: a KeyboardInterrupt would strike whichever errand happens to run.
    """
    try:
        _assemble(environment, lane)
        gevent.signal_handler(signal.SIGINT, os.kill, os.getpid(), signal.SIGTERM)
    except FaultlineError as error:
        hint = f"\nhint: {error.hint}" if error.hint else ""
        print(f"error: {error}{hint}", file=sys.stderr, flush=True)
        sys.exit(error.exit_code)


def _assemble(environment: Environment, lane: type[Lane]) -> None:
    runner, options = environment.runner, environment.parsed_options
    by_hand = options is not None and not options.headless and not options.autostart and not options.worker
    if isinstance(runner, WorkerRunner) and options is not None and options.processes:
        end_with(_LOADED_IN)
        by_hand = not (options.headless or options.autoquit >= 0)
    job = _job(
        by_hand, options.processes if options is not None else None, isinstance(runner, MasterRunner | WorkerRunner)
    )
    if job.worker is not None:
        end_with(int(os.environ.get(PARENT_VARIABLE, os.getppid())))
    if isinstance(runner, MasterRunner):
        Master(environment, runner, job)
    else:
        if job.urgent:
            hurry()
        lane.lanes = Worker(environment, job, discover(), endless=by_hand)


def _job(by_hand: bool, processes: int | None, distributed: bool) -> LoadJob:
    """Return the job as this way of running needs it.

    By hand the plan has no end, starts with its first lane, and marks its keys with the time, so that it can be
    repeated on one platform.
    """
    path = os.environ.get(JOB_VARIABLE, "")
    if not path:
        raise UsageError(f"{JOB_VARIABLE} is not set", hint="set it to the path of a load job (load.json)")
    job = read_job(Path(path))
    check_mix(job, f"load job {path}")
    workers = (processes or job.workers) if distributed else 1
    job = msgspec.structs.replace(job, workers=workers)
    if by_hand:
        settings = msgspec.structs.replace(job.settings, key_tag=f"{job.tag}-{time.time_ns() // 1_000_000:x}")
        job = msgspec.structs.replace(job, start_at_us=0, await_start=False, settings=settings)
    return job
