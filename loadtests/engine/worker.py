"""A Locust process that sends: one generator for each test, merged into Locust's statistics once a second."""

import logging

import gevent
import msgspec
from locust.env import Environment
from locust.runners import WorkerRunner

from loadtests.engine.certificate import certificate
from loadtests.engine.generator import FAILED_EXIT_CODE, Generator
from loadtests.engine.listening import listen
from loadtests.engine.statistics import merge, totals, write_whole
from loadtests.flows import Flow
from loadtests.job import LoadJob

logger = logging.getLogger(__name__)

MERGE_S = 1.0
DONE_MESSAGE, STOP_MESSAGE = "lanes_done", "lanes_stop"


class Worker:
    """Runs one worker's share. In a local run it also ends the process when the plan is done."""

    def __init__(self, environment: Environment, job: LoadJob, flows: dict[str, Flow], *, endless: bool) -> None:
        """Draw the plan of the first test already, so that its start costs nothing."""
        self._environment = environment
        self._runner = environment.runner
        self._job, self._flows, self._endless = job, flows, endless
        self._index = max(0, getattr(self._runner, "worker_index", 0)) if job.worker is None else job.worker
        self._tests = self._lanes = 0
        self._failed = False
        self._generator: Generator | None = self._prepare()
        events = environment.events
        listen(events.test_start, self._on_test_start)
        listen(events.test_stopping, self._on_test_stopping)
        listen(events.quitting, self._on_quitting)
        if isinstance(self._runner, WorkerRunner):
            self._runner.register_message(STOP_MESSAGE, self._on_stop_message, concurrent=True)

    # Lanes

    def open_lane(self) -> None:
        """One more lane: the plan runs faster."""
        self._set_lanes(self._lanes + 1)

    def close_lane(self) -> None:
        """One lane less: the plan runs slower, or stands still."""
        self._set_lanes(self._lanes - 1)

    def _set_lanes(self, lanes: int) -> None:
        self._lanes = lanes
        if self._generator is not None:
            self._generator.set_lanes(lanes)

    # One test

    def _prepare(self) -> Generator:
        self._tests += 1
        label = str(self._index) if self._tests == 1 else f"{self._index}-{self._tests}"
        return Generator(self._job, self._flows, self._index, label, endless=self._endless)

    def _on_test_start(self, **_: object) -> None:
        self._lanes = 0
        if self._generator is None:
            self._generator = self._prepare()
        gevent.spawn(self._attend, self._generator)

    def _attend(self, generator: Generator) -> None:
        """Merge once a second; conclude when the plan is done."""
        done = gevent.spawn(generator.wait_until_done)
        while not done.ready() and not generator.finished:
            done.join(MERGE_S)
            merge(self._environment.stats, generator.tally)
        if generator is self._generator:
            self._conclude(0.0)
            self._leave()
        done.kill()

    def _conclude(self, grace_s: float) -> None:
        """End the test in good order and put everything on disk. Does nothing where that has been done."""
        generator = self._generator
        if generator is None:
            return
        generator.finish(grace_s)
        if generator is not self._generator:
            return
        self._generator = None
        merge(self._environment.stats, generator.tally)
        report = msgspec.json.format(msgspec.json.encode(certificate(generator)), indent=1)
        write_whole(self._job.raw / f"load-{generator.label}.json", report)
        self._failed = self._failed or generator.crew.broken > 0
        if isinstance(self._runner, WorkerRunner):
            # Through the same socket and in this order: who hears that we are done has our last numbers already.
            self._runner._send_stats()
            self._runner.send_message(DONE_MESSAGE, {"failed": self._failed})

    def _leave(self) -> None:
        """End a local run whose plan is done (a master does that for its workers)."""
        if not isinstance(self._runner, WorkerRunner):
            gevent.spawn(leave, self._environment)

    def _on_test_stopping(self, **_: object) -> None:
        self._conclude(self._job.settings.stop_grace_s)

    def _on_stop_message(self, **_: object) -> None:
        self._conclude(self._job.settings.stop_grace_s)

    def _on_quitting(self, **_: object) -> None:
        self._conclude(self._job.settings.stop_grace_s)
        if not isinstance(self._runner, WorkerRunner):
            write_whole(self._job.raw / "locust-stats.json", totals(self._environment))
        self._environment.process_exit_code = FAILED_EXIT_CODE if self._failed else 0


def leave(environment: Environment) -> None:
    """Stop the test and end Locust; with a web UI that shall stay, only stop the test."""
    options, runner = environment.parsed_options, environment.runner
    if runner is None or options is None:
        return
    if options.headless:
        runner.quit()
    elif options.autostart and options.autoquit >= 0:
        runner.stop()
        gevent.sleep(options.autoquit)
        runner.quit()
        if environment.web_ui is not None:
            environment.web_ui.stop()  # type: ignore[no-untyped-call]
    else:
        runner.stop()
