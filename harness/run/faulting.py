"""Turns a scenario's faults on and off on time; healing runs on every path."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.core.errors import FaultlineError, HarnessError
from harness.core.fault import ScheduledFault
from harness.core.surface import Surface
from harness.run.events import EventLog
from harness.run.switching import FaultSwitch, Healing
from harness.run.threads import join_begun

TICK_S = 0.25
"""How often a fault that is on may act or look again, in seconds."""


@dataclass(frozen=True)
class _Step:
    at_s: float
    act: Callable[[], None]


class FaultSchedule:
    """Carries out a scenario's faults from a thread of its own, on the run's clock.

    `t0_us` is when the first arrival is due, in microseconds since the epoch.
    """

    def __init__(
        self,
        faults: Sequence[ScheduledFault],
        surface: Surface,
        healing: Healing,
        events: EventLog,
        *,
        seed: int,
        t0_us: int,
    ) -> None:
        self._switch = FaultSwitch(surface, healing, events, seed=seed)
        self._t0_us = t0_us
        self._halt = threading.Event()
        self._error: FaultlineError | None = None
        self._steps = sorted(self._plan(faults), key=lambda step: step.at_s)
        self._thread = threading.Thread(target=self._work, name="faults", daemon=True)

    def start(self) -> None:
        """Begin to follow the schedule."""
        self._thread.start()

    def finish(self, timeout_s: float) -> None:
        """Wait until the schedule is done. Raises what went wrong in it, or `HarnessError` when it hangs."""
        self._thread.join(timeout=timeout_s)
        hung = self._thread.is_alive()
        self._halt.set()
        if self._error is not None:
            raise self._error
        if hung:
            raise HarnessError("the fault schedule did not finish in time", hint="see events.jsonl for its last step")

    def abandon(self) -> None:
        """Stop following the schedule; whoever calls this heals all afterwards."""
        self._halt.set()
        join_begun(self._thread, timeout_s=15)

    def note_healed(self) -> None:
        """After everything was healed at once: note of each fault that was still on that it is off now."""
        self._switch.note_healed()

    def _plan(self, faults: Sequence[ScheduledFault]) -> list[_Step]:
        steps = []
        for number, item in enumerate(faults, start=1):
            fault_id = f"{item.fault.name}-{number}"
            steps.append(_Step(item.window.from_s, lambda f=item.fault, i=fault_id: self._switch.inject(i, f)))  # type: ignore[misc]
            steps.append(_Step(item.window.to_s, lambda f=item.fault, i=fault_id: self._switch.heal(i, f)))  # type: ignore[misc]
        return steps

    def _work(self) -> None:
        try:
            for step in self._steps:
                if self._halted_until(step.at_s):
                    return
                step.act()
        except FaultlineError as error:
            self._error = error
        except Exception as error:  # noqa: BLE001 - without its thread the schedule would end in silence, faults and all
            self._error = HarnessError(f"the fault schedule failed: {error!r}", hint="please report this as a bug")

    def _halted_until(self, at_s: float) -> bool:
        """Wait for a moment of the run, ticking what is on; True when the schedule was abandoned meanwhile."""
        while True:
            left_s = max(0.0, self._t0_us / 1e6 + at_s - time.time())
            if self._halt.wait(min(left_s, TICK_S) if self._switch.ticks else left_s):
                return True
            if left_s <= TICK_S or not self._switch.ticks:
                return False
            self._switch.tick()
