"""A comparison's figures as JSON-ready data, and read back."""

import math
from dataclasses import dataclass, replace

from harness.comparing.comparison import Comparison
from harness.comparing.difference import Difference, Outcome
from harness.comparing.figures import named
from harness.core.effect import EffectFigure
from harness.statistics import Interval


@dataclass(frozen=True)
class FigureDocument:
    """One figure. Shares and ratios are numbers (0.1 is ten per cent, or ten points of a share)."""

    name: str
    what: str
    unit: str
    first: float | None
    second: float | None
    measured_as: str
    change: float | None
    lo: float | None
    hi: float | None
    least: float
    beyond_noise: bool
    outcome: str
    reason: str


@dataclass(frozen=True)
class ComparisonDocument:
    """What was compared, how, and each figure: values, change with its interval, and what that says."""

    part: str
    confidence: float
    draws: int
    seed: int
    figures: tuple[FigureDocument, ...]


def as_document(comparison: Comparison) -> ComparisonDocument:
    """Return a comparison as data."""
    figures = tuple(difference_document(item) for item in comparison.differences)
    return ComparisonDocument(comparison.part, comparison.confidence, comparison.draws, comparison.seed, figures)


def difference_document(item: Difference) -> FigureDocument:
    """Return one figure as data."""
    figure, change = item.figure, item.change
    return FigureDocument(
        name=figure.name,
        what=figure.what,
        unit=figure.unit,
        first=item.first,
        second=item.second,
        measured_as=figure.change,
        change=None if change is None else _finite(change.estimate),
        lo=None if change is None else _finite(change.lo),
        hi=None if change is None else _finite(change.hi),
        least=figure.least,
        beyond_noise=item.beyond_noise,
        outcome=item.outcome.value,
        reason=item.reason,
    )


def difference_of(document: FigureDocument | EffectFigure, confidence: float) -> Difference:
    """Return the figure that `difference_document` turned into data."""
    interval = None
    if document.change is not None:
        lo, hi = document.lo, document.hi
        interval = Interval(
            document.change, -math.inf if lo is None else lo, math.inf if hi is None else hi, confidence
        )
    figure = replace(named(document.name), least=document.least)
    return Difference(figure, document.first, document.second, interval, Outcome(document.outcome), document.reason)


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
