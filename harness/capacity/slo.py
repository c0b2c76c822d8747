"""The service level that a system must keep, as a planner writes it: `p99=300ms`, `errors=0.1%`.

Each clause is a share of bad ones that is allowed: of a hundred operations that should succeed one may take longer than
300 ms, of a thousand one may fail. So one kind of statistics serves all.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.core.errors import UsageError

DEFAULT = ("p99=300ms", "errors=0.1%")
VALID = "valid: p50, p90, p95, p99 or p99.9 with a time (p99=300ms, p50=0.1s), and errors with a share (errors=0.1%)"
ERRORS = "errors"
_PERCENTILES = {"p50": 0.5, "p90": 0.1, "p95": 0.05, "p99": 0.01, "p99.9": 0.001}
_TIME = re.compile(r"(\d+(?:\.\d+)?)(ms|s)")
_SHARE = re.compile(r"(\d+(?:\.\d+)?)%")
LONGEST_MS = 30_000.0


@dataclass(frozen=True)
class Clause:
    """One promise: at most a share `allowed` of operations takes longer than `limit_ms` (None: fails)."""

    name: str
    allowed: float
    limit_ms: float | None = None

    @property
    def words(self) -> str:
        """The clause as it is written on the command line."""
        if self.limit_ms is None:
            return f"{self.name}={self.allowed * 100:g}%"
        return f"{self.name}={self.limit_ms:g}ms"


@dataclass(frozen=True)
class Slo:
    """All that must be kept at once."""

    clauses: tuple[Clause, ...]

    @property
    def words(self) -> str:
        """All clauses, as one phrase."""
        return ", ".join(clause.words for clause in self.clauses)

    def clause(self, name: str) -> Clause:
        """Return the clause of that name. Raises `KeyError` where there is none."""
        return {clause.name: clause for clause in self.clauses}[name]


def parse_slo(texts: Sequence[str]) -> Slo:
    """Return what was asked for. Raises `UsageError` for what is malformed, said twice, or contradicts itself."""
    clauses = [_clause(text) for text in texts or DEFAULT]
    names = [clause.name for clause in clauses]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--slo: {name} is given twice", hint="leave one of them out")
    timed = sorted((clause for clause in clauses if clause.limit_ms is not None), key=lambda item: -item.allowed)
    for low, high in pairwise(timed):
        if (low.limit_ms or 0.0) >= (high.limit_ms or 0.0):
            raise UsageError(
                f"--slo: {low.words} and {high.words} contradict one another: no {low.name} is above its {high.name}",
                hint=f"give {low.name} a shorter time than {high.name}, or leave it out",
            )
    return Slo(tuple(clauses))


def _clause(text: str) -> Clause:
    name, equals, value = (part.strip() for part in text.partition("="))
    if name == ERRORS and (found := _SHARE.fullmatch(value)):
        allowed = float(found[1]) / 100
        if not 0 < allowed < 1:
            raise UsageError(f"--slo: {text!r}: a share lies between 0% and 100%", hint="for example errors=0.1%")
        return Clause(ERRORS, allowed)
    if name in _PERCENTILES and (found := _TIME.fullmatch(value)):
        limit_ms = float(found[1]) * (1000 if found[2] == "s" else 1)
        if not 0 < limit_ms <= LONGEST_MS:
            raise UsageError(f"--slo: {text!r}: a time lies above 0 and up to {LONGEST_MS / 1000:g} s", hint=VALID)
        return Clause(name, _PERCENTILES[name], limit_ms)
    if name != ERRORS and name not in _PERCENTILES:
        raise UsageError(f"--slo: there is no figure {name!r} in {text!r}", hint=VALID)
    wanted = "a share in percent" if name == ERRORS else "a time in ms or s"
    raise UsageError(f"--slo: {text!r} needs {wanted} behind the {'=' if equals else 'missing ='}", hint=VALID)
