"""A merchant's endpoint answers with an error."""

from faults._endpoints import EndpointFault, endpoint


def endpoint_errors(merchants: str = "", *, share: float = 0.3, status: int = 503) -> EndpointFault:
    """Return errors on a seeded `share` of all tries to deliver to `merchants` (comma-separated; empty: all)."""
    return endpoint("endpoint_errors", "sink_error", merchants, share, status=status)
