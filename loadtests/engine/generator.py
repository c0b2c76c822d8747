"""One worker's generator: plan, dispatcher, crew, sockets, history and count, from the first arrival to the last."""

import gc
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

import gevent

from harness.core.errors import UsageError
from loadtests.clock import Clock
from loadtests.engine.crew import Crew
from loadtests.engine.dispatcher import Dispatcher
from loadtests.engine.sockets import Sockets, resolved
from loadtests.flows import Flow
from loadtests.history import HistoryFile
from loadtests.http1 import Answer
from loadtests.job import LoadJob
from loadtests.journal import Journal
from loadtests.mapping import wire_for
from loadtests.plan import Arrival, draw_ahead
from loadtests.schedule import Schedule
from loadtests.session import Session
from loadtests.starting import say_ready, told_start_us
from loadtests.steering import DRAWN_AHEAD, POLL_S, Told, told_rate
from loadtests.surroundings import Ended, Settled
from loadtests.tally import Tally

logger = logging.getLogger(__name__)

FAILED_EXIT_CODE = 70

FLUSH_S = 0.005
START_POLL_S = 0.01

GC_THRESHOLDS = (20_000, 20, 100)
"""Errands leave little garbage that only the collector finds: look for it thirty times less often than by default."""


class Generator:
    """Everything of one worker and one test. `start` begins, `set_lanes` steers, `finish` ends it in good order."""

    def __init__(self, job: LoadJob, flows: dict[str, Flow], worker: int, label: str, *, endless: bool) -> None:
        """Draw the plan and open the history `raw/history-<label>.jsonl`. Raises `UsageError` for an unknown flow."""
        unknown = sorted(set(job.mix) - set(flows))
        if unknown:
            raise UsageError(f"mix: no flow named {', '.join(unknown)}", hint=f"valid: {', '.join(sorted(flows))}")
        self.job, self.worker, self.label = job, worker, label
        self.clock, self.tally = Clock(job.clock_zero_us), Tally()
        ahead = {"count": DRAWN_AHEAD} if job.steered else {}
        self.planned, self._plan = draw_ahead(job, worker, endless=endless or job.steered, **ahead)
        self._flows = {name: flow.run for name, flow in flows.items()}
        job.raw.mkdir(parents=True, exist_ok=True)
        self._history = HistoryFile(job.raw / f"history-{label}.jsonl")
        self._journal = Journal(self._history, self.tally, self.clock.now_us)
        self._wire = wire_for(job)
        addresses = [resolved(address) for address in self._wire.addresses]
        self._sockets = Sockets(
            addresses, job.request_timeout_s, partial(_or_die, self._journal.commit), self._wire.tls
        )
        self.now_us: Callable[[], int] = self.clock.now_us
        self.crew = Crew(self._work, job.settings.max_in_flight, job.settings.max_queued)
        self._dispatcher: Dispatcher | None = None
        self._lanes = 0
        self._starter: gevent.Greenlet | None = None
        self._steersman: gevent.Greenlet | None = None
        self._flusher = gevent.spawn(self._flush_often)
        self._ending = self._over = self.finished = False
        self.started_at_us = self.ended_at_us = 0
        self.cpu_s = 0.0
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)

    def set_lanes(self, lanes: int) -> None:
        """Go on with that many lanes, each this worker's share of the nominal rate; the first starts the plan."""
        if self._ending or (self._dispatcher is None and lanes == 0):
            return
        self._lanes = lanes
        if self._dispatcher is not None:
            if not self.job.steered:
                self._dispatcher.set_speed(float(lanes))
        elif not self.job.await_start:
            self._begin(self.job.start_at_us or self.clock.now_us())
        elif self._starter is None:
            self._starter = gevent.spawn(self._begin_when_told)

    def _begin_when_told(self) -> None:
        say_ready(self.job.raw, self.label, self.planned)
        while (start_us := told_start_us(self.job.raw)) is None:
            gevent.sleep(START_POLL_S)
        self._begin(start_us)

    def _begin(self, start_us: int) -> None:
        self.started_at_us = start_us
        self.cpu_s = time.process_time()
        schedule = Schedule(start_us, 0.0 if self.job.steered else float(self._lanes))
        self._dispatcher = Dispatcher(self._plan, self.clock, self.crew.submit, schedule)
        if self.job.steered:
            self._steersman = gevent.spawn(self._steer, self._dispatcher)

    def _steer(self, dispatcher: Dispatcher) -> None:
        """Follow what is said of the rate, until the load is over."""
        said: Told | None = None
        while said is None or not said.over:
            told = told_rate(self.job.raw)
            if told is not None and told != said:
                dispatcher.set_speed(0.0 if told.over else told.rate_per_s / self.job.rate_per_s)
                said = told
            gevent.sleep(POLL_S)
        dispatcher.end()

    def wait_until_done(self) -> None:
        """Wait until the plan is exhausted and all errands have ended, for the job's `follow_deadline_s` at most."""
        while self._dispatcher is None or not self._dispatcher.finished.is_set():
            gevent.sleep(0.05)
        self._drain(self.job.follow_deadline_s)

    def finish(self, grace_s: float) -> None:
        """End the load: release nothing more, wait `grace_s` for what is in flight, abandon the rest. Idempotent."""
        if self._ending:
            while not self.finished:
                gevent.sleep(0.01)
            return
        self._ending = True
        for helper in (self._starter, self._steersman):
            if helper is not None:
                helper.kill()
        if self._dispatcher is not None:
            self._dispatcher.stop()
        self.crew.drop_queue()
        self._drain(grace_s)
        self._over = True
        self._sockets.end()
        deadline_s = time.monotonic() + 1.0
        while self._journal.open and time.monotonic() < deadline_s:
            gevent.sleep(0.005)
        self.ended_at_us = self.clock.now_us()
        self.cpu_s = time.process_time() - self.cpu_s
        if self.job.steered:
            self.planned = self.crew.scheduled
        self._flusher.kill()
        _or_die(self._journal.flush)
        self._history.close()
        self.finished = True

    # Surroundings of the sessions

    def exchange(self, replica: int, request: bytes, patience_s: float = 0.0) -> Answer:
        """Send one request to that replica, once, and return what came."""
        return self._sockets.exchange(replica, request, patience_s)

    def sleep(self, seconds: float) -> None:
        """Wait; raises `Ended` where the load is over by then."""
        gevent.sleep(seconds)
        self.proceed()

    def proceed(self) -> None:
        """Raise `Ended` where the load is over."""
        if self._over:
            raise Ended

    def together(self, calls: Sequence[Callable[[], Settled]]) -> list[Settled]:
        """Make all calls at the same time, each in a greenlet of its own."""
        greenlets = [gevent.spawn(_ended_or, call) for call in calls]
        gevent.joinall(greenlets)
        results = [item.get() for item in greenlets]
        if any(result is None for result in results):
            raise Ended
        return [result for result in results if result is not None]

    def _work(self, arrival: Arrival, due_us: int) -> None:
        session = Session(self.job, self._wire, self, self._journal, arrival, due_us, self.worker)
        self._flows[arrival.flow](session, arrival)

    def _drain(self, patience_s: float) -> None:
        deadline_s = time.monotonic() + patience_s
        while (self.crew.in_flight or self.crew.queued) and time.monotonic() < deadline_s:
            gevent.sleep(0.02)

    def _flush_often(self) -> None:
        while True:
            gevent.sleep(FLUSH_S)
            _or_die(self._journal.flush)


def _ended_or(call: Callable[[], Settled]) -> Settled | None:
    """Return what a call comes to, None where the load ended meanwhile (which is no error of its greenlet)."""
    try:
        return call()
    except Ended:
        return None


def _or_die(write: Callable[[], None]) -> None:
    """Write to the history, or end this process: a request that is not written down must never be sent."""
    try:
        write()
    except OSError as error:
        print(f"error: the history cannot be written: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(FAILED_EXIT_CODE)
