"""Who decides, while a load runs, how fast it goes and when it is over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.core.target import Progress
from harness.objectives.starvation import Sampled
from harness.run.events import EventLog


@dataclass(frozen=True)
class Stage:
    """What a conductor works with: the load's `raw` folder, the run's diary, all metrics so far.

    `alive` tells whether the load is there, and raises where the guard took this harness for dead.
    """

    raw: Path
    events: EventLog
    samples: Sequence[Sampled]
    alive: Callable[[], bool]
    progress: Progress


class Conductor(Protocol):
    """Steers one load from its first arrival to its last."""

    api_urls: Sequence[str]
    """The names of the replicas that the load is sent to; none: all of them."""

    def conduct(self, stage: Stage) -> None:
        """Steer, and return when no more shall come. Faults are on as long as this takes."""
