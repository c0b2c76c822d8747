"""Rows are missing from the gateway's transaction feed: money that moved, and no line that tells of it."""

from faults._simulators import SimulatorFault


def incomplete_feed(gateway: str = "stripe", *, missing_share: float = 0.2) -> SimulatorFault:
    """Return a feed without a seeded `missing_share` of its rows, the same ones at every reading."""
    return SimulatorFault(
        "incomplete_feed", gateway, kind="feed_gaps", share=1.0, parameters={"missing_share": missing_share}
    )
