"""Connections are reset under the caller's feet, some before and some after the gateway read the request."""

from faults._links import LinkFault, to_gateway
from harness.core.surface import Toxic


def connection_resets(gateway: str = "stripe", *, after_ms: int = 0, link: str = "") -> LinkFault:
    """Return a fault that sends RST `after_ms` after data flows on a connection.

    It has no share: Toxiproxy's `reset_peer` bites whatever the toxicity says.
    """
    toxic = Toxic("reset_peer", "downstream", {"timeout": after_ms})
    return LinkFault(
        name="connection_resets",
        place=to_gateway(gateway, link),
        toxics=(toxic,),
        settings={"after_ms": after_ms},
    )
