"""Two sides, figure by figure: the difference, its interval, and what that says."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.comparing import drawing, measuring, spread, together
from harness.comparing.difference import Difference, Outcome, outcome_of
from harness.comparing.figures import FIGURES, LATENCIES, ONCE_EACH, Figure, named
from harness.comparing.series import Floats, Side
from harness.comparing.stated import stated_differences
from harness.core.errors import UsageError
from harness.statistics import Interval

CONFIDENCE = 0.95
DRAWS = 1_000
TAIL_MIN = 5
"""So many requests must lie beyond a percentile on each side: of fewer nobody knows where it is."""
TRIED_MIN = 20
"""Fewer operations than this are no share."""
RUNS_MIN = 5
"""From so many runs on a side on, whole runs are drawn: they show what differs from run to run as well."""
EVENTS_MIN = 5
"""Of fewer recoveries on a side nobody knows how much they vary."""
STEPS_MIN = 12
"""Fewer steps than this, after one another, say nothing about how much they depend on each other."""


@dataclass(frozen=True)
class Comparison:
    """The whole of it. `unlike` names what else differs between the sides, `doubts` why times prove nothing."""

    first: Side
    second: Side
    part: str
    differences: tuple[Difference, ...]
    confidence: float
    draws: int
    seed: int

    @property
    def changed(self) -> tuple[Difference, ...]:
        """The figures that differ by more than noise and by at least their least effect."""
        return tuple(item for item in self.differences if item.outcome in (Outcome.WORSE, Outcome.BETTER))

    @property
    def unlike(self) -> Mapping[str, tuple[str, str]]:
        """What the sides say of themselves, where they do not say the same."""
        names = {**self.first.facts, **self.second.facts}
        pairs = {name: (self.first.facts.get(name, ""), self.second.facts.get(name, "")) for name in names}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why figures in time are not judged, side by side."""
        return tuple(f"{side.name}: {text}" for side in (self.first, self.second) for text in side.doubts)


def compare(
    first: Side,
    second: Side,
    *,
    part: str = "whole",
    least: Mapping[str, float] | None = None,
    confidence: float = CONFIDENCE,
    draws: int = DRAWS,
    seed: int = 1,
) -> Comparison:
    """Compare two sides. All intervals hold together with `confidence`; `least` replaces least effects by figure.

    A figure is called worse or better where its interval leaves zero out and the change is at least the least effect,
    and alike where the whole interval is smaller than that. Raises `UsageError` for sides that are not of a kind.
    """
    if first.stated or second.stated:
        if first.runs or second.runs:
            raise UsageError("a run and a capacity report have no figure in common", hint="give two of a kind")
        told = stated_differences(first, second, least or {}, confidence)
        return Comparison(first, second, part, told, confidence, 0, seed)
    wanted = [_with_least(figure, least or {}) for figure in FIGURES]
    values = [_values(side) for side in (first, second)]
    reasons = {figure.name: _reason(figure, first, second) for figure in wanted}
    able = [figure for figure in wanted if not reasons[figure.name]]
    found = _intervals(able, (first, second), values, confidence, draws, seed)
    differences = [
        _difference(
            figure, (values[0][figure.name], values[1][figure.name]), found.get(figure.name), reasons[figure.name]
        )
        for figure in wanted
        if not (_absent(values[0][figure.name]) and _absent(values[1][figure.name]))
    ]
    return Comparison(first, second, part, tuple(differences), confidence, draws, seed)


def _with_least(figure: Figure, least: Mapping[str, float]) -> Figure:
    if figure.name not in least:
        return figure
    return Figure(
        figure.name, figure.what, figure.unit, figure.less_is_better, figure.change, least[figure.name], figure.in_time
    )


def _values(side: Side) -> dict[str, float]:
    found = dict(measuring.as_they_are(side.runs))
    for name in ONCE_EACH:
        events = _events(side, name)
        found[name] = float(np.mean(events)) if events else math.nan
    return found


def _events(side: Side, name: str) -> list[float]:
    return [value for run in side.runs for value in run.once_each.get(name, ())]


def _absent(value: float) -> bool:
    return math.isnan(value)


def _reason(figure: Figure, first: Side, second: Side) -> str:
    """Return why a figure cannot be judged; '' where it can."""
    sides = (first, second)
    if figure.in_time and any(side.doubts for side in sides):
        return "times prove nothing here"
    if figure.name in ONCE_EACH:
        missed = sum(run.missed.get(figure.name, 0) for side in sides for run in side.runs)
        if missed:
            return f"{missed} of them did not end within the load"
        least = min(len(_events(side, figure.name)) for side in sides)
        return "" if least >= EVENTS_MIN else f"only {least} on a side, at least {EVENTS_MIN} needed: give several runs"
    for side in sides:
        if (steps := sum(run.steps for run in side.runs)) < STEPS_MIN:
            return "too short" if steps else "there is no such part: no fault was on"
        if figure.name in LATENCIES:
            need = round(TAIL_MIN / (1 - LATENCIES[figure.name]))
            if (seen := sum(run.requests for run in side.runs)) < need:
                return f"{seen} requests on a side, at least {need} needed"
        elif (tried := int(sum(run.tried.sum() for run in side.runs))) < TRIED_MIN:
            return f"{tried} operations on a side, at least {TRIED_MIN} needed"
    return ""


def _intervals(
    able: Sequence[Figure],
    sides: tuple[Side, Side],
    values: Sequence[Mapping[str, float]],
    confidence: float,
    draws: int,
    seed: int,
) -> Mapping[str, Interval]:
    if not able:
        return {}
    chance = np.random.default_rng(seed)
    first, second = (_drawn(side, told, able, draws, chance) for side, told in zip(sides, values, strict=True))
    shares = [_share_error(side, told["availability"]) for side, told in zip(sides, values, strict=True)]
    found = together.intervals(
        {figure.name: _measure(figure, values[1]) - _measure(figure, values[0]) for figure in able},
        {figure.name: second[figure.name] - first[figure.name] for figure in able},
        least_error={"availability": math.hypot(*shares)},
        pieces=min(_pieces(side) for side in sides),
        confidence=confidence,
    )
    return {name: _as_ratio(found[name]) if named(name).change == "ratio" else found[name] for name in found}


def _measure(figure: Figure, values: Mapping[str, float]) -> float:
    """Return a value as it is compared: ratios by logarithms, so that a doubling and a halving are equally far."""
    value = values[figure.name]
    return value if figure.change == "difference" else math.log(value) if value > 0 else math.nan


def _drawn(
    side: Side, values: Mapping[str, float], able: Sequence[Figure], draws: int, chance: np.random.Generator
) -> Mapping[str, Floats]:
    """Return each figure as it came out in each draw, as it is compared."""
    weights, factors = _weights(side, values, draws, chance)
    found = measuring.figures(side.runs, weights)
    drawn = {}
    for figure in able:
        if figure.name in ONCE_EACH:
            drawn[figure.name] = drawing.draw_means(_events(side, figure.name), draws, chance)
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            told = np.log(found[figure.name]) if figure.change == "ratio" else found[figure.name]
        told = np.where(np.isfinite(told), told, np.nan)
        middle = np.nanmean(told)
        drawn[figure.name] = middle + factors[figure.name] * (told - middle)
    return drawn


def _weights(
    side: Side, values: Mapping[str, float], draws: int, chance: np.random.Generator
) -> tuple[list[Floats], Mapping[str, float]]:
    """Return how often each step of each run counts, draw by draw, and by what each figure's draws are too narrow.

    Several runs are drawn as wholes; of few, blocks within each.
    """
    runs = len(side.runs)
    if runs >= RUNS_MIN:
        times = drawing.draw_runs(runs, draws, chance)
        whole = [np.repeat(times[:, [number]], run.steps, axis=1) for number, run in enumerate(side.runs)]
        return whole, dict.fromkeys(values, math.sqrt(runs / (runs - 1)))
    weights = [drawing.draw_weights(run, draws, drawing.length_of_blocks(run), chance) for run in side.runs]
    series = [spread.influences(run, values) for run in side.runs]
    names = series[0].keys()
    return weights, {name: spread.stretch([each[name] for each in series], weights) for name in names}


def _as_ratio(log: Interval) -> Interval:
    return Interval(math.expm1(log.estimate), math.expm1(log.lo), math.expm1(log.hi), log.confidence)


def _pieces(side: Side) -> float:
    """Return how many pieces the side's variance was found from, at the least."""
    runs = len(side.runs)
    return float(runs if runs >= RUNS_MIN else runs * min(spread.BATCHES))


def _share_error(side: Side, share: float) -> float:
    """Return the least standard error of a share (A. Agresti and B. Coull, 1998): none is known for certain."""
    tried = float(sum(run.tried.sum() for run in side.runs))
    middle = (share * tried + 2) / (tried + 4) if tried else 0.5
    return math.sqrt(middle * (1 - middle) / (tried + 4))


def _difference(figure: Figure, values: tuple[float, float], change: Interval | None, reason: str) -> Difference:
    first, second = values
    told = (None if _absent(first) else first, None if _absent(second) else second)
    if change is None:
        return Difference.not_judged(figure, *told, reason)
    return Difference(figure, *told, change, outcome_of(figure, change))
