"""Who is knocking: how many payments arrive, for how long, and of which kinds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from harness.core.arrivals import Recorded
from harness.core.errors import UsageError


@dataclass(frozen=True)
class Load:
    """An open-loop load: arrivals come at their planned time whether or not earlier ones were answered.

    `rate_per_s` counts arrivals (one arrival is one shopkeeper's errand and may send several requests).
    `mix` gives each flow's weight by the flow's name (the flows live in `loadtests/flows/`). `locustfile` is the
    module that Locust runs. `minimum_ok` is how many operations must have succeeded for a verdict to mean anything.
    With `recorded` the arrivals come when those did; rate, duration and mix are theirs.
    """

    rate_per_s: float
    duration_s: float
    mix: Mapping[str, float]
    locustfile: str = "loadtests.locustfile"
    minimum_ok: int = 50
    settings: Mapping[str, float | int | str | bool] = field(default_factory=dict)
    recorded: Recorded | None = None

    def __post_init__(self) -> None:
        if self.rate_per_s <= 0:
            raise UsageError(f"rate: {self.rate_per_s} is not a positive number of arrivals per second")
        if self.duration_s <= 0:
            raise UsageError(f"duration: {self.duration_s} is not a positive number of seconds")
        if not self.mix or any(weight < 0 for weight in self.mix.values()) or not sum(self.mix.values()):
            raise UsageError("mix: needs at least one flow with a positive weight")

    def with_rate(self, rate_per_s: float) -> "Load":
        """Return the same load at another arrival rate."""
        if self.recorded is not None:
            return self.replaying(self.recorded.at_rate(rate_per_s))
        return replace(self, rate_per_s=rate_per_s)

    def replaying(self, recorded: Recorded) -> "Load":
        """Return a load of recorded arrivals in the place of planned ones."""
        return replace(
            self,
            rate_per_s=recorded.rate_per_s,
            duration_s=recorded.length_us / 1e6,
            mix=recorded.mix,
            recorded=recorded,
        )

    def scaled(self, factor: float) -> "Load":
        """Return the same load lasting `factor` times as long."""
        if self.recorded is not None:
            return self.replaying(self.recorded.lasting(self.duration_s * factor))
        return replace(self, duration_s=self.duration_s * factor)
