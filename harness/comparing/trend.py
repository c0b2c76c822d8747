"""Figures of many runs over time: what each was, in the order in which they were made."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from harness.comparing import measuring
from harness.comparing.capacities import FILE, is_capacity, read_capacity
from harness.comparing.figures import FIGURES, ONCE_EACH, Figure, capacity_figure
from harness.comparing.sources import run_side
from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.judge.stored import VERDICT_FILE


@dataclass(frozen=True)
class Point:
    """One run (or capacity report): when it was made (UTC, ISO 8601), of which kind, how it was judged, its figures.

    Runs of one `group` are repetitions of one another. `values` has what is known. `doubts` are reasons not to believe
    figures in time.
    """

    name: str
    made_at: str
    group: str
    verdict: str
    values: Mapping[str, float]
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """One figure of one group over time; None where a run does not have it."""

    figure: Figure
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Group:
    """Runs of one kind, oldest first, and a line for each figure that any of them has."""

    name: str
    points: tuple[Point, ...]
    lines: tuple[Line, ...]


def read_point(path: Path) -> Point:
    """Return what lies at `path` as a point. Raises `UsageError` where that is none."""
    if is_capacity(path):
        return _capacity(path)
    if not (path / "plan.json").is_file():
        raise UsageError(f"{path} is neither a run's folder nor a capacity report")
    with Evidence(path) as evidence:
        side = run_side(evidence)
        facts, plan = side.facts, evidence.plan
        values = dict(measuring.as_they_are(side.runs))
        for name in ONCE_EACH:
            if events := side.runs[0].once_each.get(name, ()):
                values[name] = float(np.mean(events))
        bug = f"bug {facts['planted bug']}" if facts["planted bug"] else ""
        control = "control" if not plan.get("faults") and "-control-" in evidence.folder.name else ""
        group = ", ".join(filter(None, [facts["scenario"] or "load", facts["target"], control, bug]))
        made_at = str(plan.get("started_at") or _moment(evidence.t0_us / 1e6))
        return Point(evidence.folder.name, made_at, group, _verdict(path), _known(values), side.doubts)


def groups_of(points: Sequence[Point]) -> tuple[Group, ...]:
    """Return the points by group, each in order of time, with a line for each figure."""
    by_name: dict[str, list[Point]] = {}
    for point in sorted(points, key=lambda item: (item.made_at, item.name)):
        by_name.setdefault(point.group, []).append(point)
    return tuple(Group(name, tuple(found), _lines(found)) for name, found in sorted(by_name.items()))


def _lines(points: Sequence[Point]) -> tuple[Line, ...]:
    present = list(dict.fromkeys(name for point in points for name in point.values))
    known = [figure for figure in FIGURES if figure.name in present]
    others = [capacity_figure(name) for name in present if name not in {figure.name for figure in FIGURES}]
    return tuple(Line(figure, tuple(point.values.get(figure.name) for point in points)) for figure in [*known, *others])


def _capacity(path: Path) -> Point:
    side = read_capacity(path, "whole")
    document = json.loads((path / FILE if path.is_dir() else path).read_text())
    values = {name: item.value for name, item in side.stated.items() if item.value is not None}
    group = ", ".join(["capacity", side.facts["workload"], side.facts["slo"], side.facts["target"]])
    return Point(side.name, str(document.get("started_at", "")), group, side.facts["verdict"], values)


def _verdict(folder: Path) -> str:
    try:
        return str(json.loads((folder / VERDICT_FILE).read_text())["verdict"])
    except (OSError, ValueError, KeyError, TypeError):
        return "not judged"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _known(values: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if math.isfinite(value)}
