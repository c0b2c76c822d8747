"""A container is told to stop, as a deployment does, and is away until it is started again.

It may finish what it is doing for `grace_s` seconds; what it has not finished then is cut off.
"""

from faults._containers import ContainerFault, Looks


def container_stopped(container: str, *, grace_s: int = 5) -> ContainerFault:
    """Return the stop of one container, with grace."""
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
