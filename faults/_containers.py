"""What the faults on containers share: one container, a look at it four times a second, hits from what was seen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from faults._processes import seen
from harness.core.container_controls import NEED, ContainerLook, Containers
from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.fault import Bite, Schedulable, Sighting, Undo
from harness.core.surface import Surface

Looks = Sequence[ContainerLook]


@dataclass(frozen=True)
class ContainerFault(Schedulable):
    """One container is broken with `act`; `mend` gives the undo; `proof` counts hits in the looks, the oldest first.

    `limits`: the proof needs what limits held back.
    """

    name: str
    place: str
    act: Callable[[Containers, str], None]
    mend: Callable[[Containers, str], Undo]
    proof: Callable[[Looks], int]
    settings: Mapping[str, float | int | str] = field(default_factory=dict)
    limits: bool = False

    @property
    def needs(self) -> frozenset[str]:
        """Containers: a local process has no network of its own and no limits."""
        return frozenset({NEED})

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return the step that brings it back."""
        return [self.mend(containers_of(surface), self.place)]

    def inject(self, surface: Surface, seed: int) -> Sighting:
        """Break it, after a look at how it was."""
        before = self.tick(surface)
        self.act(containers_of(surface), self.place)
        return before

    def tick(self, surface: Surface) -> Sighting:
        """Look at it."""
        return asdict(containers_of(surface).look(self.place, limits=self.limits))

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count what the fault's own proof counts in the looks."""
        events = seen(evidence, self.name, self.place, bite)
        names = ContainerLook.__dataclass_fields__
        looks = [ContainerLook(**{name: event.detail[name] for name in names}) for event in events]
        return self.proof(looks) if looks else 0


def containers_of(surface: Surface) -> Containers:
    """Return the surface's containers; `UsageError` on a target without any."""
    if surface.containers is None:
        raise UsageError("this fault needs containers", hint="--target compose")
    return surface.containers
