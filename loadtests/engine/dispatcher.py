"""The dispatcher: one greenlet that releases every arrival when it is due, on an absolute schedule.

It never waits for answers and never re-times: after a stall it catches up, and the lag shows.
"""

from collections.abc import Callable, Iterator

import gevent
from gevent.event import Event
from gevent.hub import get_hub

from loadtests.clock import Clock
from loadtests.engine.timer import Timer
from loadtests.plan import Arrival
from loadtests.schedule import Schedule

_READ = 1
_NEVER_NS = 1 << 62
BURST = 2_000
"""How many late arrivals are released in one go before answers get a turn."""


class Dispatcher:
    """Releases arrivals to `submit(arrival, due_us)`. `finished` is set when the plan has no more."""

    def __init__(
        self, arrivals: Iterator[Arrival], clock: Clock, submit: Callable[[Arrival, int], None], schedule: Schedule
    ) -> None:
        self._arrivals = arrivals
        self._clock = clock
        self._submit = submit
        self._schedule = schedule
        self._timer = Timer()
        self._watcher = get_hub().loop.io(self._timer.descriptor, _READ)
        self.finished = Event()
        self._greenlet = gevent.spawn(self._run)

    def set_speed(self, speed: float) -> None:
        """Go on at another speed (1.0 is the plan's rate, 0.0 parks it) from now."""
        self._schedule.set_speed(self._clock.now_us(), speed)
        if not self.finished.is_set():
            self._timer.arm(1)

    def end(self) -> None:
        """Release nothing any more: the plan is over."""
        self._greenlet.kill()
        self.finished.set()

    def stop(self) -> None:
        """Release nothing any more and give the timer back."""
        self.end()
        self._watcher.close()
        self._timer.close()

    def _run(self) -> None:
        schedule, now_us, submit, released = self._schedule, self._clock.now_us, self._submit, 0
        for arrival in self._arrivals:
            while (due_us := schedule.due_us(arrival.offset_us)) is None or due_us > now_us():
                self._wait_until(due_us)
                released = 0
            submit(arrival, due_us)
            released += 1
            if released >= BURST:
                gevent.sleep(0)
                released = 0
        self.finished.set()

    def _wait_until(self, due_us: int | None) -> None:
        """Wait for the timer; a change of speed ends the wait early."""
        self._timer.arm(_NEVER_NS if due_us is None else self._clock.monotonic_ns(due_us))
        get_hub().wait(self._watcher)
        self._timer.drain()
