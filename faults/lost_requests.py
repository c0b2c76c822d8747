"""The request never arrives, and nobody says so: the caller waits until its own timeout and knows nothing."""

from faults._links import LinkFault, to_gateway
from harness.core.surface import Toxic


def lost_requests(gateway: str = "stripe", *, share: float = 1.0, link: str = "") -> LinkFault:
    """Return a fault that swallows everything sent towards `gateway` on a `share` of the links, drawn by the seed."""
    toxic = Toxic("timeout", "upstream", {"timeout": 0})
    return LinkFault(
        name="lost_requests",
        place=to_gateway(gateway, link),
        toxics=(toxic,),
        settings={"share_of_links": share},
        share=share,
    )
