"""A container is told to stop, as a deployment does, and is away until it is started again.

It may finish what it is doing for `grace_s` seconds. What it has not finished then, or by the end of the fault, is cut
off.
"""

from faults._containers import ContainerFault, Looks
from harness.core.container_controls import GRACE_S_MAX
from harness.core.errors import UsageError


def container_stopped(container: str, *, grace_s: int = 5) -> ContainerFault:
    """Return the stop of one container, with grace. Raises `UsageError` for a grace that is too long."""
    if not 0 <= grace_s <= GRACE_S_MAX:
        raise UsageError(f"container_stopped: grace_s: {grace_s} is not between 0 and {GRACE_S_MAX}")
    return ContainerFault(
        name="container_stopped",
        place=container,
        act=lambda containers, name: containers.stop(name, grace_s=grace_s),
        mend=lambda containers, name: containers.undo_stop(name),
        proof=_absences,
        settings={"grace_s": grace_s},
    )


def _absences(looks: Looks) -> int:
    return sum(not look.alive for look in looks)
