"""A merchant's endpoint takes the request and never answers."""

from faults._endpoints import EndpointFault, endpoint


def endpoint_hangs(merchants: str = "", *, share: float = 0.3, ms: float = 8000) -> EndpointFault:
    """Return silence on a seeded `share` of all tries to deliver to `merchants` (comma-separated; empty: all)."""
    return endpoint("endpoint_hangs", "sink_hang", merchants, share, ms=ms)
