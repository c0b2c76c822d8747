"""The gateway takes the money at once and answers long after the caller stopped listening."""

from faults._simulators import SimulatorFault


def late_replies(gateway: str = "stripe", *, share: float = 0.5, delay_ms: int = 3000) -> SimulatorFault:
    """Return answers that come `delay_ms` late on a seeded `share` of requests."""
    late = {"ms": delay_ms}
    return SimulatorFault("late_replies", gateway, kind="execute_then_late_reply", share=share, parameters=late)
