"""Holds lapse before anybody captures them: at the end of their validity, or because the gateway lets go of them."""

from faults._simulators import SimulatorFault
from harness.core.errors import UsageError

HOWS = ("expire", "cancel")


def hold_expiry(
    gateway: str = "stripe", *, share: float = 0.5, after_ms: int = 800, how: str = "expire"
) -> SimulatorFault:
    """Return a gateway at which a seeded `share` of holds is gone after `after_ms`: `how` is `expire` or `cancel`."""
    if how not in HOWS:
        raise UsageError(f"how: {how!r} is no way for a hold to lapse", hint=f"valid: {', '.join(HOWS)}")
    parameters: dict[str, float | int | str] = {"ms": after_ms, "how": how}
    return SimulatorFault("hold_expiry", gateway, kind="hold_expiry", share=share, parameters=parameters)
