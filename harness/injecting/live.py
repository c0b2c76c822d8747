"""Faults that people turn on: several at once, each for a time, all off at one word."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from harness.core.errors import FaultlineError, HarnessError, UsageError
from harness.core.fault import Fault, ScheduledFault, Window
from harness.core.surface import Surface
from harness.core.target import Progress
from harness.guard.healers import STARTS_SOMETHING
from harness.injecting.asking import MAX_FOR_S
from harness.run.events import EventLog, now_us
from harness.run.faulting import TICK_S
from harness.run.switching import FaultSwitch, StopHealing
from harness.run.threads import join_begun

MAX_ON = 12
"""So many faults may be on at once."""
KEPT = 500
"""So many injections are remembered; there are no more in one session."""


@dataclass(frozen=True)
class Injection:
    """One fault that somebody turned on. Times are microseconds since the epoch; `off_us` is None while it is on.

    `ended` says how it ended: `in time`, `by NAME`, `by a stop`; '' while it is on.
    """

    id: str
    fault: Fault
    by: str
    on_us: int
    until_us: int
    off_us: int | None = None
    ended: str = ""

    @property
    def words(self) -> str:
        """What it is, in a few words."""
        return f"{self.fault.name} at {self.fault.place}"


@dataclass(frozen=True)
class Healed:
    """What a stop came to: how long all took that takes moments, then how long everything took, in seconds.

    `steps` has each undo that was carried out, with the seconds from the stop until it was done and proven.
    """

    quick_s: float
    all_s: float
    steps: Sequence[tuple[str, float]] = ()
    problems: Sequence[str] = ()


class LiveFaults:
    """Carries out what people ask for. A thread of its own heals what has had its time; healing is never left out.

    `allowed` raises `UsageError` where nothing may be injected (`faultline stop`).
    """

    def __init__(
        self,
        surface: Surface,
        healing: StopHealing,
        events: EventLog,
        *,
        seed: int,
        allowed: Callable[[], None] = lambda: None,
    ) -> None:
        self._surface = surface
        self._healing = healing
        self._events = events
        self._allowed = allowed
        self._switch = FaultSwitch(surface, healing, events, seed=seed)
        self._known: dict[str, Injection] = {}
        self._number = 0
        self._lock = threading.RLock()
        self._halt = threading.Event()
        self._thread = threading.Thread(target=self._work, name="live-faults", daemon=True)
        self.trouble = ""
        """What could not be healed, in words; nothing more is injected while there is any."""

    def start(self) -> None:
        """Begin to look after what is on."""
        self._thread.start()

    @property
    def injections(self) -> Sequence[Injection]:
        """Every injection so far, oldest first."""
        return list(self._known.values())

    @property
    def on(self) -> Sequence[Injection]:
        """What is on now."""
        return [item for item in self.injections if item.off_us is None]

    def inject(self, fault: Fault, for_s: float, by: str) -> Injection:
        """Turn a fault on for `for_s` seconds; return it once it is proven to be on.

        Raises `UsageError` where it makes no sense or nothing may be injected, and what injecting raises; whatever was
        half done is taken back then.
        """
        with self._lock:
            self._check(fault)
            self._number += 1
            fault_id = f"{fault.name}-{self._number}"
            begun_us = now_us()
            self._events.add("injection_asked", at_us=begun_us, fault_id=fault_id, by=by, for_s=for_s)
            self._switch.inject(fault_id, fault)
            made = Injection(fault_id, fault, by, begun_us, now_us() + int(for_s * 1e6))
            self._known[fault_id] = made
            return made

    def renew(self, fault_id: str, for_s: float, by: str) -> Injection:
        """Let a fault that is on stay on for `for_s` seconds from now. `UsageError` where it is not on."""
        with self._lock:
            self._allowed()
            renewed = replace(self._must_be_on(fault_id), until_us=now_us() + int(min(for_s, MAX_FOR_S) * 1e6))
            self._known[fault_id] = renewed
            self._events.add("injection_renewed", fault_id=fault_id, by=by, for_s=for_s)
            return renewed

    def heal(self, fault_id: str, by: str) -> Injection:
        """Turn one fault off, verified. `UsageError` where it is not on, `HealingError` where that cannot be proven."""
        with self._lock:
            found = self._must_be_on(fault_id)
            try:
                return self._off(found, f"by {by}")
            except FaultlineError as error:
                self._give_up(error)
                raise

    def stop(self, by: str) -> Healed:
        """Turn everything off at once, verified: links, simulators and signals first, what must be started after them.

        Whoever calls this has seen to it that nothing new is injected. Never raises: problems are in what it returns.
        """
        began, steps = time.monotonic(), list[tuple[str, float]]()
        with self._lock:
            self._events.add("stopped", by=by)
            problems = self._heal_all("by a stop", lambda line: steps.append((line, time.monotonic() - began)))
        all_s = time.monotonic() - began
        self._events.add("stop_healed", seconds=round(all_s, 3), steps=len(steps), problems=list(problems))
        return Healed(_quick_s(steps), all_s, steps, problems)

    def finish(self) -> None:
        """Heal what is still on and look after nothing any more. Raises `HarnessError` for what could not be healed."""
        self._halt.set()
        join_begun(self._thread, timeout_s=30)
        with self._lock:
            if self.on:
                self._heal_all("at the end")
        if self.trouble:
            raise HarnessError(f"not everything could be healed: {self.trouble}", hint="`faultline down` ends it")

    def scheduled(self, t0_us: int) -> tuple[ScheduledFault, ...]:
        """Return what was injected as a scenario's faults, for the judge: each with when it was on from `t0_us`."""
        return tuple(
            ScheduledFault(item.fault, _window(item.on_us, item.off_us or now_us(), t0_us)) for item in self.injections
        )

    def _check(self, fault: Fault) -> None:
        self._allowed()
        self._healing.require_lease()
        if self.trouble:
            raise UsageError(f"something could not be healed: {self.trouble}", hint="`faultline stop` tries again")
        same = [item for item in self.on if (item.fault.name, item.fault.place) == (fault.name, fault.place)]
        if same:
            raise UsageError(f"{same[0].words} is on already, as {same[0].id}", hint="renew it, or heal it first")
        if len(self.on) >= MAX_ON:
            raise UsageError(f"{MAX_ON} faults are on, and no more may be at once", hint="heal one first")
        if len(self.injections) >= KEPT:
            raise UsageError(f"{KEPT} faults were injected in this session", hint="end it and begin another")

    def _must_be_on(self, fault_id: str) -> Injection:
        found = self._known.get(fault_id)
        if found is None or found.off_us is not None:
            ids = ", ".join(item.id for item in self.on)
            raise UsageError(f"no fault {fault_id!r} is on", hint=f"on: {ids}" if ids else "nothing is on")
        return found

    def _off(self, item: Injection, how: str) -> Injection:
        self._switch.heal(item.id, item.fault)
        ended = replace(item, off_us=now_us(), ended=how)
        self._known[item.id] = ended
        return ended

    def _heal_all(self, how: str, tell: Progress = lambda _: None) -> Sequence[str]:
        """Heal all that is outstanding at once, and note that nothing is on any more; return what failed, in words."""
        problems = self._healing.heal_at_once(tell)
        self.trouble = "; ".join(problems)
        self._switch.note_healed()
        for item in self.on:
            self._known[item.id] = replace(item, off_us=now_us(), ended=how)
        return problems

    def _work(self) -> None:
        while not self._halt.wait(TICK_S):
            with self._lock:
                try:
                    self._look()
                except FaultlineError as error:
                    self._give_up(error)
                except Exception as error:  # noqa: BLE001 - without this thread nothing would be healed in time
                    self._give_up(HarnessError(f"looking after the faults failed: {error!r}"))

    def _look(self) -> None:
        for item in self.on:
            if item.until_us <= now_us():
                self._off(item, "in time")
        self._switch.tick()

    def _give_up(self, error: FaultlineError) -> None:
        """What cannot be taken off alone is taken off with everything else; if that fails too, nothing more comes."""
        self._events.add("control_failed", text=str(error))
        self._heal_all(f"with everything, for {error}")


def _quick_s(steps: Sequence[tuple[str, float]]) -> float:
    """Return when the last of those was done that start nothing."""
    slow = tuple(f"healed: {kind}" for kind in STARTS_SOMETHING)
    return max((at_s for line, at_s in steps if not line.startswith(slow)), default=0.0)


def _window(on_us: int, off_us: int, t0_us: int) -> Window:
    from_s = max(0.0, (on_us - t0_us) / 1e6)
    return Window(round(from_s, 3), round(max(from_s + 0.001, (off_us - t0_us) / 1e6), 3))
