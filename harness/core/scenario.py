"""One claim about a payment system, and everything needed to test it. A scenario is a value; the engine runs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.core.arrivals import Recorded
from harness.core.errors import UsageError
from harness.core.fault import ScheduledFault
from harness.core.judgement import Invariant, Objective
from harness.core.load import Load
from harness.core.operating import ScheduledAction

ROUNDING_S = 1e-5
"""Windows are stretched with the load, whose recorded arrivals count in whole microseconds."""


@dataclass(frozen=True)
class Scenario:
    """One claim. `must_hold` invariants need their witness; `should_meet` are promises with numbers.

    Every invariant is judged on every run and any violation fails it; listing one in `must_hold` also demands that
    the run really put it to the test. `platform` overrides settings of the system under test for this scenario only.
    `operator` is what people do to it meanwhile; whatever they did must be in the audit.
    """

    title: str
    claim: str
    load: Load
    must_hold: Sequence[Invariant]
    faults: Sequence[ScheduledFault] = ()
    should_meet: Sequence[Objective] = ()
    platform: Mapping[str, str] = field(default_factory=dict)
    operator: Sequence[ScheduledAction] = ()

    def __post_init__(self) -> None:
        if not self.must_hold:
            raise UsageError(f"scenario {self.title!r} checks nothing", hint="give must_hold at least one invariant")
        for item in self.operator:
            if item.at_s is not None and item.at_s > self.load.duration_s + ROUNDING_S:
                raise UsageError(
                    f"scenario {self.title!r}: {item.action.name} at {item.at_s} s comes after the load's "
                    f"{self.load.duration_s} s",
                    hint="say `once_settled()` for what comes after the load",
                )
        for scheduled in self.faults:
            if scheduled.window.to_s > self.load.duration_s + ROUNDING_S:
                raise UsageError(
                    f"scenario {self.title!r}: {scheduled.fault.name} ends at {scheduled.window.to_s} s, "
                    f"after the load's {self.load.duration_s} s"
                )

    def lasting(self, duration_s: float) -> "Scenario":
        """Return the scenario with load and fault windows stretched or shrunk to `duration_s`."""
        factor = duration_s / self.load.duration_s
        faults = tuple(replace(item, window=item.window.scaled(factor)) for item in self.faults)
        operator = tuple(item.scaled(factor) for item in self.operator)
        return replace(self, load=self.load.scaled(factor), faults=faults, operator=operator)

    def replaying(self, recorded: Recorded) -> "Scenario":
        """Return the scenario under recorded arrivals: its faults keep their share of the time."""
        stretched = self.lasting(recorded.length_us / 1e6)
        return replace(stretched, load=stretched.load.replaying(recorded))

    def with_platform(self, settings: Mapping[str, str]) -> "Scenario":
        """Return the scenario with these settings of the system under test on top of its own."""
        return replace(self, platform={**self.platform, **settings})

    def at_rate(self, rate_per_s: float) -> "Scenario":
        """Return the scenario with another arrival rate."""
        return replace(self, load=self.load.with_rate(rate_per_s))
