"""What was seen at each crash point: a line of the report's table."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Crash:
    """One crash point and the process that died there.

    `reached_s` counts from the first arrival; None: nobody ever reached it, and everything after it is empty.
    `back_after_s` is from the death to the process's first answer (None: it did not answer within the run's faults).
    `in_flight` counts the payments that were undecided or untold at that moment; `became` says what they are now, by
    status (`never made`: the request was lost with the process, and no payment came of it).
    """

    point: str
    meaning: str = ""
    process: str = ""
    reached_s: float | None = None
    back_after_s: float | None = None
    in_flight: int = 0
    became: Mapping[str, int] = field(default_factory=dict)
