"""A comparison's figures as JSON-ready data, and read back."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.comparing.comparison import Comparison
from harness.comparing.difference import Difference, Outcome
from harness.comparing.figures import named
from harness.statistics import Interval


def as_document(comparison: Comparison) -> dict[str, Any]:
    """Return what was compared, how, and each figure: values, change with its interval, and what that says."""
    return {
        "part": comparison.part,
        "confidence": comparison.confidence,
        "draws": comparison.draws,
        "seed": comparison.seed,
        "figures": [difference_document(item) for item in comparison.differences],
    }


def difference_document(item: Difference) -> dict[str, Any]:
    """Return one figure as data. Shares and ratios are numbers (0.1 is ten per cent, or ten points of a share)."""
    figure = item.figure
    return {
        "name": figure.name,
        "what": figure.what,
        "unit": figure.unit,
        "first": item.first,
        "second": item.second,
        "measured_as": figure.change,
        "change": None if item.change is None else _finite(item.change.estimate),
        "lo": None if item.change is None else _finite(item.change.lo),
        "hi": None if item.change is None else _finite(item.change.hi),
        "least": figure.least,
        "beyond_noise": item.beyond_noise,
        "outcome": item.outcome.value,
        "reason": item.reason,
    }


def difference_of(document: Mapping[str, Any], confidence: float) -> Difference:
    """Return the figure that `difference_document` turned into data."""
    interval = None
    if document["change"] is not None:
        lo, hi = document["lo"], document["hi"]
        interval = Interval(
            document["change"], -math.inf if lo is None else lo, math.inf if hi is None else hi, confidence
        )
    figure = replace(named(document["name"]), least=document["least"])
    outcome = Outcome(document["outcome"])
    return Difference(figure, document["first"], document["second"], interval, outcome, document["reason"])


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
