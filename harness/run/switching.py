"""Turns single faults on and off. The undo is on disk before anything breaks.

Whoever decides when (a schedule, people at a page or a shell) has one of these, and calls it from one thread at a time.
"""

from collections.abc import Sequence
from typing import Protocol

from harness.core.fault import Fault, LayeredFault, Sighting, TickingFault, Undo
from harness.core.surface import Surface
from harness.core.target import Progress
from harness.run.events import EventLog, now_us


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


class StopHealing(Healing, Protocol):
    """What healing everything at one word needs beside."""

    def heal_at_once(self, tell: Progress) -> list[str]:
        """Heal all that is outstanding, what takes moments first; return what failed, in words. Never raises."""


class FaultSwitch:
    """The faults that are on, each by an id of its own, and what each of them owes."""

    def __init__(self, surface: Surface, healing: Healing, events: EventLog, *, seed: int) -> None:
        self._surface = surface
        self._healing = healing
        self._events = events
        self._seed = seed
        self._entries: dict[str, list[str]] = {}
        """The undo of whatever each fault breaks that is no link."""
        self._link_entries: dict[str, list[str]] = {}
        """The undos of each link that is broken: they make all of it whole, so they wait for the last fault on it."""
        self._ticking: dict[str, TickingFault] = {}
        self._on: dict[str, Fault] = {}
        self._layers: dict[str, tuple[LayeredFault, tuple[str, ...]]] = {}
        """The faults that lie on links, each with those that it has broken."""

    @property
    def ticks(self) -> bool:
        """Whether any fault that is on acts or looks again."""
        return bool(self._ticking)

    def tick(self) -> None:
        """Let each fault that goes on acting do so."""
        for fault_id, fault in self._ticking.items():
            self._log(fault_id, fault, fault.tick(self._surface))

    def note_healed(self) -> None:
        """After everything was healed at once: note of each fault that was still on that it is off now."""
        for fault_id, fault in self._on.items():
            self._events.add("fault_healed", fault_id=fault_id, fault=fault.name, place=fault.place, early=True)
        for kept in (self._on, self._ticking, self._entries, self._link_entries, self._layers):
            kept.clear()

    def inject(self, fault_id: str, fault: Fault) -> None:
        """Turn a fault on. What it half did before it failed is taken back. Raises what injecting raised."""
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

    def heal(self, fault_id: str, fault: Fault) -> None:
        """Turn a fault off, verified. `HealingError` where that fails."""
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
