"""A container gets less CPU or memory than it needs, while it runs: it is slow, or it dies of it."""

from collections.abc import Callable

from faults._containers import ContainerFault, Looks
from harness.core.container_controls import CPUS_MIN, MEMORY_MB_MIN
from harness.core.errors import UsageError


def container_starved(container: str, *, cpus: float = 0.0, memory_mb: int = 0) -> ContainerFault:
    """Return lower limits for one container. `UsageError` where neither is given, or less than the engine takes."""
    if not cpus and not memory_mb:
        raise UsageError("container_starved: give cpus, memory_mb, or both")
    if cpus and cpus < CPUS_MIN:
        raise UsageError(f"container_starved: cpus: {cpus} is less than {CPUS_MIN}")
    if memory_mb and memory_mb < MEMORY_MB_MIN:
        raise UsageError(f"container_starved: memory_mb: {memory_mb} is less than {MEMORY_MB_MIN}")
    return ContainerFault(
        name="container_starved",
        place=container,
        act=lambda containers, name: containers.limit(name, cpus=cpus, memory_mb=memory_mb),
        mend=lambda containers, name: containers.undo_limit(name, cpus=cpus, memory_mb=memory_mb),
        proof=_held_back(cpu=cpus > 0, memory=memory_mb > 0),
        settings={"cpus": cpus, "memory_mb": memory_mb},
        limits=True,
    )


def _held_back(*, cpu: bool, memory: bool) -> Callable[[Looks], int]:
    def count(looks: Looks) -> int:
        """Count what these limits refused since the first look: periods of CPU; memory, and deaths for want of it."""
        first, last = looks[0], looks[-1]
        periods = max(0, last.throttled - first.throttled) if cpu else 0
        refused = max(0, last.memory_failures - first.memory_failures) if memory else 0
        return periods + refused + (sum(not look.alive for look in looks) if memory else 0)

    return count
