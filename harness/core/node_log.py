"""The log of a database node, as Patroni writes it: each line with the time at which it was written.

Its times are local and without a zone; a run's log begins when the run does, so the whole quarters of an hour between
the first line and a moment of the run are the zone.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) [A-Z]+: (.*)")
_QUARTER_US = 900_000_000


def lines(log: str, about_us: int) -> Iterator[tuple[int, str]]:
    """Yield (microseconds since the epoch, text) of each line with a time; `about_us` is when the log began."""
    shift_us: int | None = None
    for line in log.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        at_us = int(datetime.fromisoformat(match[1]).replace(tzinfo=UTC).timestamp()) * 1_000_000 + int(match[2]) * 1000
        if shift_us is None:
            shift_us = round((about_us - at_us) / _QUARTER_US) * _QUARTER_US
        yield at_us + shift_us, match[3]
