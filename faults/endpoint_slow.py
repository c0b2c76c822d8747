"""A merchant's endpoint answers, but slowly."""

from faults._endpoints import EndpointFault, endpoint


def endpoint_slow(merchants: str = "", *, share: float = 0.3, ms: float = 1000) -> EndpointFault:
    """Return answers after `ms` on a seeded `share` of all tries to deliver to `merchants` (comma-separated)."""
    return endpoint("endpoint_slow", "sink_slow", merchants, share, ms=ms)
