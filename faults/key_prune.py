"""The gateway forgets idempotency keys early: what is re-sent under a forgotten key is executed again."""

from faults._simulators import SimulatorFault


def key_prune(gateway: str = "stripe", *, retention_s: float = 6) -> SimulatorFault:
    """Return a memory of `retention_s` seconds for the gateway's idempotency keys; each forgotten key is a hit."""
    return SimulatorFault("key_prune", gateway, "key_prune", share=1.0, parameters={"retention_s": retention_s})
