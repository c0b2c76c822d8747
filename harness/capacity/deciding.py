"""What a probe says so far: certainly good, certainly bad, or not known yet. Pure.

Looking again and again would sooner or later show what is not so, so certainty here is 99 %, and what is assumed of the
clustering of slow answers is more than a few slices show.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.capacity.probing import Slice, Word
from harness.capacity.slo import Clause, Slo
from harness.statistics import Interval, mean_interval, share_interval

CERTAIN = 0.99
LEAST_EFFECT = 6.0
"""Slow answers of a queue come in heaps of about this many (see benchmarks/capacity)."""
WARM_S = 2.0
"""What a change of rate itself does is over by then; nothing before counts."""
DRIFT = 1.5
DRIFT_SLICES = 16
"""A probe whose second half waits so many times longer than its first, beyond noise, is not at rest."""


@dataclass(frozen=True)
class Decision:
    """What a probe says, and why, in words."""

    word: Word
    why: str


def counted(slices: Sequence[Slice]) -> Sequence[Slice]:
    """Return the slices that count: those after the warm-up."""
    return [item for item in slices if item.from_s >= WARM_S]


def decide(slices: Sequence[Slice], slo: Slo) -> Decision:
    """Return what these slices (without warm-up) say: bad where one clause is broken, good where all are kept."""
    words = [_of_clause(slices, clause) for clause in slo.clauses]
    for found in words:
        if found.word is Word.BAD:
            return found
    if words and all(found.word is Word.GOOD for found in words):
        return words[0]
    return next(found for found in words if found.word is Word.OPEN)


def share_of(slices: Sequence[Slice], clause: Clause, confidence: float = CERTAIN) -> Interval:
    """Return the share of arrivals that broke a clause, with its interval."""
    pairs = [item.seen.get(clause.name, (0, 0)) for item in slices]
    tried, bad = [tried for tried, _ in pairs], [bad for _, bad in pairs]
    return share_interval(tried, bad, confidence=confidence, least_effect=LEAST_EFFECT)


def _of_clause(slices: Sequence[Slice], clause: Clause) -> Decision:
    seen = share_of(slices, clause)
    what = "failed" if clause.limit_ms is None else f"took longer than {clause.limit_ms:g} ms"
    why = f"{seen.estimate:.2%} {what} ({seen.lo:.2%} to {seen.hi:.2%}), {clause.allowed:.2%} allowed"
    if seen.lo > clause.allowed:
        return Decision(Word.BAD, why)
    return Decision(Word.GOOD if seen.hi <= clause.allowed else Word.OPEN, why)


def drift(slices: Sequence[Slice]) -> str:
    """Return how the waiting grew while the rate stayed, as a sentence; empty where it did not, beyond noise."""
    if len(slices) < DRIFT_SLICES:
        return ""
    half = len(slices) // 2
    first, second = ([item.wait_ms for item in part] for part in (slices[:half], slices[half:]))
    before, after = mean_interval(first, batches=5), mean_interval(second, batches=5)
    if after.estimate < DRIFT * before.estimate or after.lo <= before.hi:
        return ""
    return f"it was not at rest: waiting grew from {before.estimate:.0f} ms to {after.estimate:.0f} ms within the probe"
