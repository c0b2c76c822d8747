"""Somebody else sends webhooks in the gateway's name: made up, unsigned, altered, recorded long ago or signed ahead."""

from faults._simulators import SimulatorFault


def forged_webhooks(gateway: str = "stripe", *, share: float = 0.5, how: str = "any") -> SimulatorFault:
    """Return false events beside a seeded `share` of the gateway's own.

    `how`: false_secret, unsigned, altered, stale, future, or any of them.
    """
    return SimulatorFault("forged_webhooks", gateway, "forge_signature", share, {"how": how})
