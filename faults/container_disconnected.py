"""A container is taken off the platform's network while it lives: nobody reaches it, and it reaches nobody."""

from faults._containers import ContainerFault, Looks


def container_disconnected(container: str) -> ContainerFault:
    """Return the disconnection of one container; it comes back with the same names and address."""
    return ContainerFault(
        name="container_disconnected",
        place=container,
        act=lambda containers, name: containers.disconnect(name),
        mend=lambda containers, name: containers.undo_disconnect(name),
        proof=_alone,
    )


def _alone(looks: Looks) -> int:
    return sum(look.alive and not look.connected for look in looks)
