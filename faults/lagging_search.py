"""The gateway's search lies far behind its own ledger: what was charged a moment ago is not found yet."""

from faults._simulators import SimulatorFault


def lagging_search(gateway: str = "stripe", *, lag_s: int = 10) -> SimulatorFault:
    """Return a search index that is `lag_s` seconds old. A lookup that finds nothing proves nothing."""
    return SimulatorFault("lagging_search", gateway, kind="search_lag", share=1.0, parameters={"lag_s": lag_s})
