"""The crew: greenlets that are used again and again, each working on one arrival at a time.

There is a limit to how many work at once; further arrivals queue with the time at which they were due, and beyond
the queue they are dropped and counted. Every arrival is completed, dropped or in flight, at any moment.
"""

import logging
from collections import deque
from collections.abc import Callable

from gevent.hub import get_hub
from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

from loadtests.plan import Arrival
from loadtests.surroundings import Ended

logger = logging.getLogger(__name__)


class Crew:
    """Runs `work(arrival, due_us)` for every submitted arrival.

    `scheduled == fired + dropped + queued` and `fired == completed + in_flight`, always. `broken` counts the errands
    that ended in an error of our own (they count as completed).
    """

    def __init__(self, work: Callable[[Arrival, int], None], max_in_flight: int, max_queued: int) -> None:
        self._work = work
        self._max_in_flight = max_in_flight
        self._max_queued = max_queued
        self._idle: list[greenlet] = []
        self._queue: deque[tuple[Arrival, int]] = deque()
        self._hub = get_hub()
        self._members = 0
        self.scheduled = self.fired = self.completed = self.dropped = self.broken = 0

    @property
    def in_flight(self) -> int:
        """How many arrivals were begun and have not ended."""
        return self.fired - self.completed

    @property
    def queued(self) -> int:
        """How many arrivals wait for a free greenlet."""
        return len(self._queue)

    def submit(self, arrival: Arrival, due_us: int) -> None:
        """Have an arrival worked on: at once, when somebody is free, or not at all."""
        self.scheduled += 1
        if self._idle:
            member = self._idle.pop()
        elif self._members < self._max_in_flight:
            self._members += 1
            member = greenlet(self._live, self._hub)
        elif len(self._queue) < self._max_queued:
            self._queue.append((arrival, due_us))
            return
        else:
            self.dropped += 1
            return
        self.fired += 1
        self._hub.loop.run_callback(member.switch, arrival, due_us)

    def drop_queue(self) -> None:
        """Count everything that still waits as dropped: nobody will come to it."""
        self.dropped += len(self._queue)
        self._queue.clear()

    def _live(self, arrival: Arrival, due_us: int) -> None:
        me, hub, idle, queue = getcurrent(), self._hub, self._idle, self._queue
        while True:
            try:
                self._work(arrival, due_us)
            except Ended:
                return
            except Exception:
                # One errand that trips over an answer of a shape nobody foresaw must not stop the load; the process
                # says so with its exit code.
                logger.exception("arrival %d (%s) broke", arrival.k, arrival.flow)
                self.broken += 1
            self.completed += 1
            if queue:
                arrival, due_us = queue.popleft()
                self.fired += 1
            else:
                idle.append(me)
                arrival, due_us = hub.switch()
