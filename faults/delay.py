"""The gateway takes its time. Slow before it executes is another trouble than slow to say what it did."""

from faults._simulators import SimulatorFault


def delay(gateway: str = "stripe", *, share: float = 1.0, latency_ms: int = 800, at: str = "before") -> SimulatorFault:
    """Return waits of `latency_ms` on a seeded `share` of the gateway's requests.

    `at` is where it waits: on `arrival` (repeated calls too), `before` it executes (until then its key is in use),
    `after` it, or `mid`-answer.
    """
    return SimulatorFault("delay", gateway, "delay", share, {"ms": latency_ms, "at": at})
