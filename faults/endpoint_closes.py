"""A merchant's endpoint closes the connection without an answer."""

from faults._endpoints import EndpointFault, endpoint


def endpoint_closes(merchants: str = "", *, share: float = 0.3) -> EndpointFault:
    """Return closed connections on a seeded `share` of all tries to deliver to `merchants` (comma-separated)."""
    return endpoint("endpoint_closes", "sink_close", merchants, share)
