"""A gateway's process dies by SIGKILL and comes back with its ledger: whatever it had answered must still be in it."""

from faults._processes import ProcessKilled


def gateway_killed(gateway: str = "stripe") -> ProcessKilled:
    """Return the death of a gateway, until the fault's end. Its journal is read again when it starts."""
    return ProcessKilled("gateway_killed", gateway)
