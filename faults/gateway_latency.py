"""A gateway's answers come late. Toxiproxy delays data on a link, never the connecting itself."""

from faults._links import LinkFault, to_gateway
from harness.core.surface import Toxic


def gateway_latency(
    gateway: str = "stripe", *, latency_ms: int = 400, jitter_ms: int = 100, link: str = ""
) -> LinkFault:
    """Return a delay of `latency_ms` plus or minus `jitter_ms` on each chunk of answers from `gateway`."""
    toxic = Toxic("latency", "downstream", {"latency": latency_ms, "jitter": jitter_ms})
    return LinkFault(
        name="gateway_latency",
        place=to_gateway(gateway, link),
        toxics=(toxic,),
        settings={"latency_ms": latency_ms, "jitter_ms": jitter_ms},
        slow_ms=max(1.0, latency_ms - jitter_ms),
    )
