"""Where each link of the embedded platform listens and where it leads."""

from harness.core.database_controls import NODES
from harness.links.toxiproxy import LinkSpec
from harness.provision.ports import LINKS, Ports

_LISTENERS = {f"db-{node}": f"pg-{node}" for node in NODES}


def link_specs(ports: Ports) -> tuple[LinkSpec, ...]:
    """Return every link as Toxiproxy must create it."""
    return tuple(
        LinkSpec(
            f"{source}-to-{destination}",
            f"127.0.0.1:{ports.link(source, destination)}",
            f"127.0.0.1:{ports.of(_LISTENERS.get(destination, destination))}",
        )
        for source, destination in LINKS
    )
