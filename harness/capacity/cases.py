"""What a capacity is searched under: nothing broken, a fault, or fewer replicas."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.core.fault import Fault

HEALTHY = "healthy"


@dataclass(frozen=True)
class Case:
    """One search to be. `faults` are on from its first arrival to its last.

    `replicas` names those that the load is sent to (none: all of them), as a load balancer does that has taken the
    others out. Where `must_be_none`, nothing may be carried: whatever is acknowledged then is wrong.
    """

    name: str
    title: str
    faults: Sequence[Fault] = ()
    replicas: tuple[str, ...] = ()
    must_be_none: bool = False
    of_replicas: int | None = None
    """How many replicas this case is the point of, for the law of scaling."""


def healthy() -> Case:
    """Return the case that all others are compared with."""
    return Case(HEALTHY, "nothing broken")
