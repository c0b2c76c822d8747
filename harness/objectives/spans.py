"""Before, during and after the faults, as conditions on a moment."""

from typing import Literal

from harness.core.errors import UsageError
from harness.core.evidence import Evidence

When = Literal["before", "during", "after"]
WHENS = ("before", "during", "after")


def check_when(when: str) -> None:
    """Raise `UsageError` where `when` is not one of `before`, `during`, `after`."""
    if when not in WHENS:
        raise UsageError(f"when: {when!r} is not a part of a run", hint=f"valid: {', '.join(WHENS)}")


def condition(evidence: Evidence, when: When, column: str = "due_us") -> str:
    """Return an SQL condition on `column` (microseconds): `before` the first fault, `during` any, `after` the last.

    Without faults `before` is the whole load, and the other two are empty.
    """
    windows = [(begin, end) for _, _, begin, end in evidence.fault_windows()]
    if when == "before":
        return f"({column} >= {evidence.t0_us} AND {column} < {evidence.first_fault_us})"
    if not windows:
        return "false"
    if when == "after":
        return f"({column} >= {evidence.last_heal_us} AND {column} <= {evidence.load_end_us})"
    return "(" + " OR ".join(f"{column} BETWEEN {begin} AND {end}" for begin, end in windows) + ")"
