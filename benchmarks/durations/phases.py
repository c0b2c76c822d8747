"""Where a stored run's time went, read from its folder. Every revision that is compared writes these files."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.core.errors import HarnessError

LAST_WRITTEN = "report.html"
"""What a run writes when all else is done: judging and rendering end with it."""


@dataclass(frozen=True)
class Spent:
    """What one run took, in seconds: making ready, load, healing and settling, reading, judging with its report."""

    scenario: str
    verdict: str
    ready_s: float
    load_s: float
    settle_s: float
    read_s: float
    judge_s: float

    @property
    def total_s(self) -> float:
        """The whole run."""
        return self.ready_s + self.load_s + self.after_s

    @property
    def after_s(self) -> float:
        """What comes after the load: settling, reads and judging."""
        return self.settle_s + self.read_s + self.judge_s


def spent(folder: Path) -> Spent:
    """Return where a run's time went. Raises `HarnessError` where the folder holds no run that came to its end."""
    try:
        events = msgspec.json.Decoder(_Event).decode_lines((folder / "events.jsonl").read_bytes())
        began, judging = _phases(events), max(event.at_us for event in events) / 1e6
        verdict = json.loads((folder / "verdict.json").read_text())
        ended_s = (folder / LAST_WRITTEN).stat().st_mtime
        load, heal, reads = began["load"], began["heal"], began["final_reads"]
        return Spent(
            scenario=verdict["scenario"],
            verdict=verdict["verdict"],
            ready_s=load - min(began.values()),
            load_s=heal - load,
            settle_s=reads - heal,
            read_s=judging - reads,
            judge_s=ended_s - judging,
        )
    except (OSError, KeyError, ValueError, msgspec.MsgspecError) as error:
        raise HarnessError(f"{folder} holds no run that came to its end: {error}") from error


class _Event(msgspec.Struct):
    """What is read of a line of `events.jsonl`."""

    kind: str
    at_us: int
    name: str = ""


def _phases(events: Sequence[_Event]) -> Mapping[str, float]:
    """Return when each phase began, in seconds since the epoch."""
    return {event.name: event.at_us / 1e6 for event in events if event.kind == "phase"}
