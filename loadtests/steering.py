"""How fast a steered load goes: the harness says so while it runs, and says when it is over.

A plan has one rate. A steered plan has none of its own and no end: arrivals follow the same draws, faster or slower.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from harness.workspace import write_atomic

POLL_S = 0.02
DRAWN_AHEAD = 5_000


@dataclass(frozen=True)
class Told:
    """What was said last: the rate of all workers together, in arrivals/s, and whether the load is over."""

    rate_per_s: float
    over: bool = False


def rate_file(raw: Path) -> Path:
    """Return the file by which the harness steers."""
    return raw / "rate.json"


def tell_rate(raw: Path, rate_per_s: float, *, over: bool = False) -> None:
    """Tell the workers how fast to go on, or that no more comes."""
    write_atomic(rate_file(raw), json.dumps({"rate_per_s": rate_per_s, "over": over}))


def told_rate(raw: Path) -> Told | None:
    """Return what was said last; None while nothing was."""
    try:
        found = json.loads(rate_file(raw).read_text())
    except FileNotFoundError:
        return None
    return Told(float(found["rate_per_s"]), bool(found["over"]))
