"""A fault is a pair: what breaks, and the undo that is written down before anything breaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from harness.core.errors import UsageError
from harness.core.plain import Plain

if TYPE_CHECKING:
    from harness.core.evidence import Evidence
    from harness.core.surface import Surface, Toxic


PROCESSES = "processes"
DATABASE = "database nodes"
SIMULATORS = "gateway simulators"
"""What a fault that uses these names in its `needs`; a system that is not ours has links only."""


@dataclass(frozen=True)
class Undo:
    """One idempotent step that heals, as plain data, so that a guard process can carry it out for a dead harness.

    `kind` names a healer in `harness.guard.healers` (`restore_link`, `clear_gateway_fault`, ...); `arguments` are its
    JSON-ready arguments, complete by themselves (addresses included).
    """

    kind: str
    arguments: Mapping[str, str]


@dataclass(frozen=True)
class Window:
    """A span of a run, in seconds from the first arrival (`from_s` < `to_s`)."""

    from_s: float
    to_s: float

    def __post_init__(self) -> None:
        if not 0 <= self.from_s < self.to_s:
            raise UsageError(f"window: from {self.from_s} s to {self.to_s} s is not a span of the run")

    def scaled(self, factor: float) -> "Window":
        """Return the window with both ends moved by the run's time scale."""
        return Window(self.from_s * factor, self.to_s * factor)


@dataclass(frozen=True)
class Bite:
    """When a fault was truly on, in microseconds since the epoch: asked of the control plane, not of the plan."""

    from_us: int
    to_us: int


Sighting = Mapping[str, Plain]
"""What a fault saw itself do (a pid that is gone, a write that was refused): logged as an event `fault_seen`."""


@runtime_checkable
class Fault(Protocol):
    """One thing that can go wrong. Each lives in one file of `faults/`; the engine never names it."""

    @property
    def name(self) -> str:
        """The fault's name in reports and on the command line."""

    @property
    def place(self) -> str:
        """The link pattern (`*-to-stripe`) or process (`stripe`) that it breaks."""

    @property
    def settings(self) -> Mapping[str, float | int | str]:
        """Its parameters with units in their names, for the report."""

    def undo(self, surface: "Surface") -> Sequence[Undo]:
        """Return the steps that remove it. Called, and written to the undo journal, before `inject`."""

    def inject(self, surface: "Surface", seed: int) -> Sighting | None:
        """Break it, and read back from the control plane that it is broken (`ControlError` where it is not).

        What it returns, if anything, is logged as proof.
        """

    def hits(self, evidence: "Evidence", bite: Bite) -> int:
        """Count what it did to real traffic while it was on. Zero makes the run INCONCLUSIVE.

        Raises `judgement.Undecided` where the evidence of it could not be had: nobody knows then.
        """


@runtime_checkable
class TickingFault(Fault, Protocol):
    """A fault that goes on acting or looking while it is on."""

    def tick(self, surface: "Surface") -> Sighting | None:
        """Act or look again; called about four times a second while the fault is on, and not during `inject`.

        Must not block for long: other faults are turned on and off by the same thread. What it returns is logged.
        """


@runtime_checkable
class AccountableFault(Fault, Protocol):
    """A fault with a list of things that it was meant to do, each by its name."""

    def missed(self, evidence: "Evidence", bite: Bite) -> Sequence[str]:
        """Return what it was meant to do and did not. Anything makes the run INCONCLUSIVE, by name."""


@runtime_checkable
class QuietFault(Fault, Protocol):
    """A fault that may have met nothing although all was well."""

    def why_nothing(self, evidence: "Evidence", bite: Bite) -> str:
        """Return in words why nothing may have come by where it was; '' where something always does."""


@runtime_checkable
class DemandingFault(Fault, Protocol):
    """A fault that only some targets can express. Others refuse it before anything starts."""

    @property
    def needs(self) -> frozenset[str]:
        """What it needs of a target beyond links: `PROCESSES`, `DATABASE`, `SIMULATORS`, `containers`."""


@runtime_checkable
class LayeredFault(Fault, Protocol):
    """A fault on links that others may be on as well. Healing it takes its own layer off its own links only."""

    @property
    def layer(self) -> Sequence["Toxic"]:
        """What it lays on each of its links; nothing means that it cuts them."""

    def links(self, surface: "Surface", seed: int) -> Sequence[str]:
        """Return the links that it breaks; which, where it is a share of them, hangs on the seed alone.

        Asked right before `inject`, which breaks just these. Empty where the target breaks no links for it.
        """


def needs_of(fault: Fault) -> frozenset[str]:
    """Return what a fault needs of a target; nothing for faults on links."""
    return fault.needs if isinstance(fault, DemandingFault) else frozenset()


@dataclass(frozen=True)
class ScheduledFault:
    """A fault and when it is on."""

    fault: Fault
    window: Window


class Schedulable:
    """Mixin that lets a fault say when: `lost_answers(...).between(seconds(5), seconds(15))`."""

    def between(self: Fault, from_s: float, to_s: float) -> ScheduledFault:
        """Return this fault, on from `from_s` to `to_s` seconds after the first arrival."""
        return ScheduledFault(self, Window(from_s, to_s))
