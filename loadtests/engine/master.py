"""The Locust master of several workers: ends the run when all are done, and keeps the exact totals.

A worker that is lost does not end the load of the others. What it had sent is in its history, and that its account is
missing is for the judge to say. Where nobody is left the load is over, and the exit status says so.
"""

import logging

import gevent
from locust import runners
from locust.env import Environment
from locust.runners import STATE_MISSING, MasterRunner

from loadtests.command import LOST_EXIT_CODE
from loadtests.engine.generator import FAILED_EXIT_CODE
from loadtests.engine.listening import listen
from loadtests.engine.statistics import totals, write_whole
from loadtests.engine.worker import DONE_MESSAGE, STOP_MESSAGE, leave
from loadtests.job import LoadJob

logger = logging.getLogger(__name__)

LOOK_S = 0.1
LIVENESS_S = 15
"""Locust gives a worker up after three seconds without a heartbeat, but a busy host or a bad moment of a network is
that slow. Nothing is lost by patience: that a worker died is told by its missing account."""
LAST_WORDS_S = 1.5
"""How long, beyond the workers' own grace, the master waits for their last numbers."""


class Master:
    """Listens for the workers' last words."""

    def __init__(self, environment: Environment, runner: MasterRunner, job: LoadJob) -> None:
        self._environment, self._runner, self._job = environment, runner, job
        runners.HEARTBEAT_LIVENESS = LIVENESS_S  # read whenever a worker connects or is heard; none has yet
        self._done: set[str] = set()
        self._known: set[str] = set()
        self._began = 0
        self._failed = False
        runner.register_message(DONE_MESSAGE, self._on_done)
        listen(environment.events.test_start, self._on_test_start)
        listen(environment.events.quitting, self._on_quitting)

    def _on_test_start(self, **_: object) -> None:
        self._done.clear()
        self._known = set(self._runner.clients)
        self._began = len(self._known)
        gevent.spawn(self._attend)

    def _on_done(self, msg: object, **_: object) -> None:
        self._done.add(msg.node_id)  # type: ignore[attr-defined]
        self._failed = self._failed or bool(msg.data["failed"])  # type: ignore[attr-defined]

    def _attend(self) -> None:
        """Wait until every worker is done or lost."""
        while self._outstanding():
            gevent.sleep(LOOK_S)
        leave(self._environment)

    def _outstanding(self) -> set[str]:
        waiting = self._known - self._done
        lost = {name for name in waiting if self._is_lost(name)}
        if lost:
            logger.error("%d load worker(s) were lost", len(lost))
            self._release_lanes(len(lost))
            self._known -= lost
        return waiting - lost

    def _release_lanes(self, lost: int) -> None:
        """Want fewer users: Locust would else give the lost ones' lanes to the others, whose plans then ran faster."""
        lanes = self._runner.target_user_count
        self._runner.target_user_count = lanes - round(lanes * lost / len(self._known))

    def _is_lost(self, name: str) -> bool:
        client = self._runner.clients.get(name)
        return client is None or client.state == STATE_MISSING

    def _on_quitting(self, **_: object) -> None:
        """Let the workers finish, whoever ends the run, and write down the totals."""
        if self._outstanding():
            self._runner.send_message(STOP_MESSAGE)
            with gevent.Timeout(self._job.settings.stop_grace_s + LAST_WORDS_S, False):
                while self._outstanding():
                    gevent.sleep(0.02)
        write_whole(self._job.raw / "locust-stats.json", totals(self._environment))
        self._environment.process_exit_code = self._exit_code()

    def _exit_code(self) -> int:
        nobody_done = self._began > 0 and not self._done
        if self._failed or (nobody_done and self._known):
            return FAILED_EXIT_CODE
        return LOST_EXIT_CODE if nobody_done else 0
