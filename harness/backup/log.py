"""Segments of PostgreSQL's log by their names: which are there, and which is missing. Pure.

A name has 24 hexadecimal digits: timeline, and the two halves of the segment's number. A segment that was still being
written is kept as `<name>.partial`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

SEGMENT_BYTES = 4 * 2**20
"""What `initdb --wal-segsize=4` made of this cluster."""
PARTIAL = ".partial"
_NAME = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(\.partial)?")
_PER_HALF = 2**32 // SEGMENT_BYTES


@dataclass(frozen=True, order=True)
class Segment:
    """One segment: its timeline, its number in the log, and whether it was still being written."""

    number: int
    timeline: int
    partial: bool = False

    @property
    def name(self) -> str:
        """Its name, as PostgreSQL asks for it."""
        upper, lower = divmod(self.number, _PER_HALF)
        return f"{self.timeline:08X}{upper:08X}{lower:08X}"


def segment(name: str) -> Segment | None:
    """Return the segment of a file's name; None for one that is none (a timeline's history)."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    timeline, upper, lower = (int(part, 16) for part in found.groups()[:3])
    return Segment(upper * _PER_HALF + lower, timeline, found[4] is not None)


def position_bytes(lsn: str) -> int:
    """Return a position in the log, such as `0/3000028`, in bytes from its beginning."""
    upper, lower = lsn.split("/")
    return (int(upper, 16) << 32) + int(lower, 16)


def gaps(names: Iterable[str], since_bytes: int) -> list[str]:
    """Return the segments that are missing between that position and the last one there is, by their names.

    Any timeline's segment fills a place: a promotion begins another one in the middle of a segment. One that was still
    being written fills the last place only: before others it is half of what was there, and recovery would end in it.
    """
    there = [found for name in names if (found := segment(name)) is not None]
    first = since_bytes // SEGMENT_BYTES
    last = max((item.number for item in there), default=first - 1)
    by_number = {item.number: item.timeline for item in sorted(there) if not item.partial or item.number == last}
    timeline = by_number.get(first, min(by_number.values(), default=1))
    missing = []
    for number in range(first, max(last, first) + 1):
        timeline = by_number.get(number, timeline)
        if number not in by_number:
            missing.append(Segment(number, timeline).name)
    return missing
