"""Who decides, while a load runs, how fast it goes and when it is over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.core.fault import ScheduledFault
from harness.core.target import Progress, Target
from harness.objectives.starvation import Sampled
from harness.run.events import EventLog
from harness.run.switching import StopHealing


@dataclass(frozen=True)
class Stage:
    """What a conductor works with: the load's `raw` folder, the run's diary, all metrics so far.

    `alive` tells whether the load is there, and raises where the guard took this harness for dead. `target` and
    `healing` are for whoever breaks something on the way; `t0_us` is when the first arrival is due.
    """

    raw: Path
    events: EventLog
    samples: Sequence[Sampled]
    alive: Callable[[], bool]
    progress: Progress
    target: Target
    healing: StopHealing
    t0_us: int


class Conductor(Protocol):
    """Steers one load from its first arrival to its last."""

    api_urls: Sequence[str]
    """The names of the replicas that the load is sent to; none: all of them."""

    injected: Sequence[ScheduledFault]
    """What it broke by itself, beside the plan's faults."""

    def conduct(self, stage: Stage) -> None:
        """Steer, and return when no more shall come. Faults are on as long as this takes."""
