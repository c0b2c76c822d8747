"""What one operation came to, and what one run came to."""

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """What a client knows about one operation. UNKNOWN means it may have happened, now or later."""

    OK = "OK"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"


class Verdict(StrEnum):
    """What a judge may say. INCONCLUSIVE is never a pass: the evidence was not enough to know."""

    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 2 inconclusive."""
        return {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INCONCLUSIVE: 2}[self]


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of a whole from those of its parts: one FAIL fails it, else one doubt leaves it open."""
    found = set(verdicts)
    if Verdict.FAIL in found:
        return Verdict.FAIL
    if Verdict.INCONCLUSIVE in found or not found:
        return Verdict.INCONCLUSIVE
    return Verdict.PASS


def worst_exit_code(codes: Iterable[int]) -> int:
    """Return the exit code of several scenarios: 70 > 1 > 2 > 0 (64 never starts anything, so it wins too)."""
    rank = {64: 5, 70: 4, 1: 3, 2: 2, 0: 1}
    return max(codes, key=lambda code: rank.get(code, 4), default=2)
