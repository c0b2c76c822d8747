"""The request never arrives, and nobody says so: the caller waits until its own timeout and knows nothing."""

from faults._links import LinkFault, Toxic, to_gateway


def lost_requests(gateway: str = "stripe", *, share: float = 1.0, link: str = "") -> LinkFault:
    """Return a fault that swallows everything sent towards `gateway` on a `share` of connections."""
    toxic = Toxic("timeout", "upstream", {"timeout": 0}, toxicity=share)
    return LinkFault(
        name="lost_requests",
        place=to_gateway(gateway, link),
        toxics=(toxic,),
        settings={"share_of_connections": share},
    )
