"""Who answers requests to inject, renew, heal and stop, whether they come from a shell or from a page."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatch

from harness import catalogue
from harness.core.errors import UsageError
from harness.core.fault import Fault
from harness.core.surface import Surface
from harness.injecting.asking import Asked, made, place_parameters
from harness.injecting.channel import Reply, Request, Told
from harness.injecting.live import Injection, LiveFaults


class InjectionDesk:
    """Checks what is asked for against the catalogue and the target, then has it done.

    `check` raises `UsageError` for a fault that the target cannot have; `brake` stops all that comes after; `note`
    hears of what was done, beside the request.
    """

    def __init__(
        self,
        live: LiveFaults,
        surface: Surface,
        check: Callable[[Fault], None],
        brake: Callable[[str], object],
        note: Callable[[Request, Sequence[Injection]], None] = lambda _request, _done: None,
    ) -> None:
        self._live = live
        self._surface = surface
        self._check = check
        self._brake = brake
        self._note = note

    def fault_of(self, asked: Asked) -> Fault:
        """Return the fault that was asked for. Raises `UsageError` for anything that is not there to be broken."""
        fault = made(asked)
        self._check(fault)
        check_place(asked, fault, self._surface)
        return fault

    def answer(self, request: Request) -> Reply:
        """Do what is asked."""
        if request.action == "list":
            return Reply(tuple(told(item) for item in self._live.injections))
        if request.action == "stop":
            return self._stop(request)
        done = self._changed(request)
        self._note(request, done)
        return Reply(tuple(told(item) for item in done))

    def _changed(self, request: Request) -> Sequence[Injection]:
        if request.action == "inject":
            fault = self.fault_of(Asked(request.fault, request.on, request.parameters))
            return [self._live.inject(fault, request.for_s, request.by)]
        if request.action == "renew":
            return [self._live.renew(request.id, request.for_s, request.by)]
        ids = [request.id] if request.id else [item.id for item in self._live.on]
        return [self._live.heal(fault_id, request.by) for fault_id in ids]

    def _stop(self, request: Request) -> Reply:
        self._brake(request.by)
        before = [item.id for item in self._live.on]
        healed = self._live.stop(request.by)
        done = [item for item in self._live.injections if item.id in before]
        self._note(request, done)
        problems = "; ".join(healed.problems)
        return Reply(tuple(told(item) for item in done), tuple(healed.steps), healed.all_s, error=problems)


def told(item: Injection) -> Told:
    """Return an injection as it is told."""
    return Told(item.id, item.fault.name, item.fault.place, item.by, item.on_us, item.until_us, item.off_us, item.ended)


def check_place(asked: Asked, fault: Fault, surface: Surface) -> None:
    """Raise `UsageError`, listing what there is, where what a fault is to break is not there."""
    parameters = place_parameters(asked.fault)
    if "-to-" in fault.place:
        surface.links.matching(fault.place)
    elif "gateway" in parameters:
        surface.gateways.undo(fault.place, "check")
    elif {"replica", "process"} & set(parameters):
        _one_of(fault.place, surface.processes.matching("*"))
    if point := getattr(fault, "point", ""):
        points = {item.name: item.roles for item in surface.processes.crash_points()}
        if point not in points:
            raise catalogue.nearest(str(point), list(points), "crash point")
        if not any(fnmatch(fault.place, f"{role}*") for role in points[point]):
            raise UsageError(f"{fault.place} never passes the crash point {point}", hint=f"{', '.join(points[point])}")


def _one_of(name: str, valid: Sequence[str]) -> None:
    if name not in valid:
        raise catalogue.nearest(name, valid, "process")
