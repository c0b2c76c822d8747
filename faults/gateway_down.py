"""Nobody can reach a gateway: connections are refused and live ones are dropped with whatever was in them."""

from faults._links import LinkFault, to_gateway


def gateway_down(gateway: str = "stripe", *, link: str = "") -> LinkFault:
    """Return a cut of every link to `gateway` (or of the links matching the pattern `link`)."""
    return LinkFault(name="gateway_down", place=to_gateway(gateway, link))
