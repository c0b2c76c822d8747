"""The gateway's transaction feed lies far behind its ledger: what it does not show may have happened all the same."""

from faults._simulators import SimulatorFault


def lagging_feed(gateway: str = "stripe", *, lag_s: int = 10) -> SimulatorFault:
    """Return a feed that is `lag_s` seconds old. Whoever reconciles with it must not take absence for an answer."""
    return SimulatorFault("lagging_feed", gateway, kind="feed_lag", share=1.0, parameters={"lag_s": lag_s})
