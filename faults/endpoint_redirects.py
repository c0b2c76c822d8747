"""A merchant's endpoint has moved: it answers with a redirect, which is no receipt and must not be followed."""

from faults._endpoints import EndpointFault, endpoint


def endpoint_redirects(merchants: str = "", *, share: float = 0.3, status: int = 307) -> EndpointFault:
    """Return redirects on a seeded `share` of all tries to deliver to `merchants` (comma-separated; empty: all)."""
    return endpoint("endpoint_redirects", "sink_redirect", merchants, share, status=status)
