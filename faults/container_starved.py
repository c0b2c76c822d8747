"""A container gets less CPU or memory than it needs, while it runs: it is slow, or it dies of it."""

from faults._containers import ContainerFault, Looks
from harness.core.errors import UsageError


def container_starved(container: str, *, cpus: float = 0.0, memory_mb: int = 0) -> ContainerFault:
    """Return other limits for one container. Raises `UsageError` where neither is given."""
    if cpus <= 0 and memory_mb <= 0:
        raise UsageError("container_starved: give cpus above 0, memory_mb above 0, or both")
    return ContainerFault(
        name="container_starved",
        place=container,
        act=lambda containers, name: containers.limit(name, cpus=cpus, memory_mb=memory_mb),
        mend=lambda containers, name: containers.undo_limit(name),
        proof=_held_back,
        settings={"cpus": cpus, "memory_mb": memory_mb},
    )


def _held_back(looks: Looks) -> int:
    """Count the scheduling periods and allocations that the limits refused since the first look, and its deaths."""
    first, last = looks[0], looks[-1]
    held = max(0, last.throttled - first.throttled) + max(0, last.memory_failures - first.memory_failures)
    return held + sum(not look.alive for look in looks)
