"""The gateway takes the money and then drops the connection: executed, and nobody was told."""

from faults._simulators import SimulatorFault


def execute_then_drop(gateway: str = "stripe", *, share: float = 0.25, how: str = "close") -> SimulatorFault:
    """Return dropped answers on a seeded `share` of the gateway's requests.

    `how` the caller learns of it: `close` or `reset` of the connection, or `hang`: not at all, until its own timeout.
    """
    return SimulatorFault("execute_then_drop", gateway, kind="execute_then_drop", share=share, parameters={"how": how})
