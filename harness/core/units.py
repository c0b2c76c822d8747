"""Durations as scenarios spell them. Everything internal counts seconds as float or microseconds as int."""

import re

from harness.core.errors import UsageError

_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|s|m|h)?")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(count: float) -> float:
    """Return `count` seconds, in seconds. It exists so that scenarios read as prose."""
    return float(count)


def minutes(count: float) -> float:
    """Return `count` minutes, in seconds."""
    return 60.0 * count


def milliseconds(count: float) -> float:
    """Return `count` milliseconds, in seconds."""
    return count / 1000.0


def parse_duration(text: str, *, field: str = "duration") -> float:
    """Return the seconds that a text such as `20s`, `1.5m`, `500ms` or `20` means.

    Raises `UsageError` naming `field` where the text is not a positive duration.
    """
    match = _DURATION.fullmatch(text.strip())
    value = float(match["number"]) * _UNIT_S[match["unit"] or "s"] if match else 0.0
    if value <= 0:
        raise UsageError(
            f"{field}: {text!r} is not a positive duration",
            hint="write a number and a unit: 20s, 1.5m, 500ms",
        )
    return value
