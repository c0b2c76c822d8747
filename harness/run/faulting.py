"""Turns faults on and off on time. The undo is on disk before anything breaks, and healing runs on every path."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.core.errors import FaultlineError, HarnessError
from harness.core.fault import Fault, LayeredFault, ScheduledFault, Sighting, TickingFault, Undo
from harness.core.surface import Surface
from harness.run.events import EventLog, now_us
from harness.run.threads import join_begun

TICK_S = 0.25
"""How often a fault that is on may act or look again, in seconds."""


class Healing(Protocol):
    """What the guard offers: write an undo down, carry it out, verified."""

    def register(self, undo: Undo) -> str:
        """Write the undo to the journal on disk and return the entry's id."""

    def heal(self, entry: str) -> None:
        """Carry out an entry's undo, verify it and strike the entry out. Idempotent. `HealingError` on doubt."""

    def heal_all(self) -> Sequence[str]:
        """Carry out whatever is left and return a sentence for each that failed. Never raises."""

    def require_lease(self) -> None:
        """Raise `HarnessError` when the lease ran out (a harness that was stopped): the guard has cleaned up since."""


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
        self._surface = surface
        self._healing = healing
        self._events = events
        self._seed = seed
        self._t0_us = t0_us
        self._entries: dict[str, list[str]] = {}
        """The undo of whatever each fault breaks that is no link."""
        self._link_entries: dict[str, list[str]] = {}
        """The undos of each link that is broken: they make all of it whole, so they wait for the last fault on it."""
        self._ticking: dict[str, TickingFault] = {}
        self._on: dict[str, Fault] = {}
        self._layers: dict[str, tuple[LayeredFault, tuple[str, ...]]] = {}
        """The faults that lie on links, each with those that it has broken."""
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
        for fault_id, fault in self._on.items():
            self._events.add("fault_healed", fault_id=fault_id, fault=fault.name, place=fault.place, early=True)
        self._on.clear()

    def _plan(self, faults: Sequence[ScheduledFault]) -> list[_Step]:
        steps = []
        for number, item in enumerate(faults, start=1):
            fault_id = f"{item.fault.name}-{number}"
            steps.append(_Step(item.window.from_s, lambda f=item.fault, i=fault_id: self._inject(i, f)))  # type: ignore[misc]
            steps.append(_Step(item.window.to_s, lambda f=item.fault, i=fault_id: self._heal(i, f)))  # type: ignore[misc]
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
            if self._halt.wait(min(left_s, TICK_S) if self._ticking else left_s):
                return True
            if left_s <= TICK_S or not self._ticking:
                return False
            for fault_id, fault in self._ticking.items():
                self._log(fault_id, fault, fault.tick(self._surface))

    def _inject(self, fault_id: str, fault: Fault) -> None:
        links = self._register(fault_id, fault)
        # Injecting takes its time, and traffic is hit from its beginning on.
        begun_us = now_us()
        try:
            seen = fault.inject(self._surface, self._seed)
        except Exception:
            self._take_back(fault_id, fault, begun_us)
            raise
        name, place, settings = fault.name, fault.place, dict(fault.settings)
        self._events.add(
            "fault_injected", at_us=begun_us, fault_id=fault_id, fault=name, place=place, settings=settings
        )
        self._note_change(links, begun_us)
        self._on[fault_id] = fault
        self._log(fault_id, fault, seen)
        if isinstance(fault, TickingFault):
            self._ticking[fault_id] = fault

    def _register(self, fault_id: str, fault: Fault) -> tuple[str, ...]:
        """Write every undo down, and return the links that the fault is going to break: those alone have one."""
        links: tuple[str, ...] = ()
        if isinstance(fault, LayeredFault):
            links = tuple(fault.links(self._surface, self._seed))
            self._layers[fault_id] = (fault, links)
        mending = {link: self._surface.links.undo(link) for link in links}
        kinds = {undo.kind for undo in mending.values()}
        others = [undo for undo in fault.undo(self._surface) if undo.kind not in kinds]
        self._entries[fault_id] = [self._healing.register(undo) for undo in others]
        for link, undo in mending.items():
            self._link_entries.setdefault(link, []).append(self._healing.register(undo))
        return links

    def _take_back(self, fault_id: str, fault: Fault, begun_us: int) -> None:
        """Heal what was perhaps half done: no injected fault, but no calm either, so the judge must know until when."""
        try:
            self._mend(fault_id)
        finally:
            name, place = fault.name, fault.place
            self._events.add("fault_failed", fault_id=fault_id, fault=name, place=place, begun_us=begun_us)

    def _heal(self, fault_id: str, fault: Fault) -> None:
        self._ticking.pop(fault_id, None)
        self._mend(fault_id)
        self._events.add("fault_healed", fault_id=fault_id, fault=fault.name, place=fault.place)
        self._on.pop(fault_id)

    def _mend(self, fault_id: str) -> None:
        """Take back what a fault did, and nothing of what others have laid on its links."""
        begun_us = now_us()
        for entry in self._entries.pop(fault_id):
            self._healing.heal(entry)
        _, links = self._layers.pop(fault_id, (None, ()))
        shared = tuple(sorted(link for link in links if self._unlayer(link)))
        self._note_change(shared, begun_us)

    def _unlayer(self, link: str) -> bool:
        """Leave on a link what other faults have there, and tell whether there was any; make it whole otherwise."""
        layers = [fault.layer for fault, links in self._layers.values() if link in links]
        if layers:
            toxics = [toxic for layer in layers for toxic in layer]
            self._surface.links.relay(link, toxics, cut=not all(layers))
            return True
        for entry in self._link_entries.pop(link):
            self._healing.heal(entry)
        return False

    def _note_change(self, links: Sequence[str], begun_us: int) -> None:
        """Note when links were changed: what was in flight then is nobody's hit (see `faults`)."""
        if links:
            self._events.add("links_changed", at_us=begun_us, until_us=now_us(), links=list(links))

    def _log(self, fault_id: str, fault: Fault, seen: Sighting | None) -> None:
        if seen is not None:
            about = {"fault_id": fault_id, "fault": fault.name, "place": fault.place}
            self._events.note("fault_seen", {**seen, **about})
