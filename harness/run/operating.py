"""The operator's part of a run: actions on the run's clock or after it, and what came of each, written down."""

import threading
import time
import uuid
from collections.abc import Sequence

from harness.core.errors import FaultlineError
from harness.core.operating import Operated, OperatorAction, ScheduledAction
from harness.core.plain import JsonObject
from harness.core.target import Target
from harness.run.events import EventLog, now_us
from harness.run.threads import join_begun


class Operator:
    """Carries out a scenario's operator actions and keeps an account of them in the run's events."""

    def __init__(self, actions: Sequence[ScheduledAction], target: Target, events: EventLog, *, t0_us: int) -> None:
        self._target = target
        self._events = events
        self._t0_us = t0_us
        self._timed = sorted((item.at_s, n, item.action) for n, item in enumerate(actions) if item.at_s is not None)
        self._halt = threading.Event()
        self._thread = threading.Thread(target=self._work, name="operator", daemon=True)

    def start(self) -> None:
        """Begin to follow the clock."""
        self._thread.start()

    def stop(self) -> None:
        """Wait for the action under way, and take no more."""
        self._halt.set()
        join_begun(self._thread, timeout_s=30)

    def _work(self) -> None:
        for at_s, _, action in self._timed:
            if self._halt.wait(max(0.0, self._t0_us / 1e6 + at_s - time.time())):
                return
            do(action, self._target, self._events)


def do(action: OperatorAction, target: Target, events: EventLog) -> Operated:
    """Carry out one action and write down what was asked, when, and what came of it."""
    request_id = f"op-{uuid.uuid4().hex[:20]}"
    asked_us = now_us()
    try:
        done = target.operate(action, request_id)
    except FaultlineError as error:
        done = Operated(None, error=str(error))
    events.add(
        "operator_action",
        request_id=request_id,
        action=action.name,
        path=action.path,
        asked_at_us=asked_us,
        status=done.status,
        error=done.error,
        answer=_short(done),
    )
    return done


def _short(done: Operated) -> JsonObject:
    """Return the answer without its long lists."""
    return {name: value for name, value in done.body.items() if not isinstance(value, list)}


def do_settled(
    actions: Sequence[ScheduledAction], target: Target, events: EventLog, *, pause: threading.Event | None = None
) -> int:
    """Carry out what is to be done once everything has settled, in order; return how many there were."""
    halt = pause or threading.Event()
    late = [item for item in actions if item.at_s is None]
    for item in late:
        halt.wait(item.after_s)
        do(item.action, target, events)
    return len(late)
