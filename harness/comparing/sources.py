"""What can be compared, found by looking at what lies there: runs' folders, folders of several, capacity reports."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.comparing.capacities import is_capacity, read_capacity
from harness.comparing.figures import Part
from harness.comparing.reading import Windows, series_of
from harness.comparing.series import Series, Side
from harness.core.errors import UsageError
from harness.core.evidence import Evidence, LackingColumn
from harness.objectives.certificate import generator_faults
from harness.objectives.starvation import starvation_faults

RUNS_MAX = 200


class Reader(NamedTuple):
    """One kind of thing that can stand on a side: `what` in words, whether a path is one, and how it is read."""

    what: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path, Part], Side]


def read_side(path: Path, part: Part = "whole") -> Side:
    """Return what lies at `path` as a side. Raises `UsageError` where nothing there can be compared."""
    for reader in READERS:
        if reader.recognises(path):
            return reader.read(path, part)
    raise UsageError(f"{path} cannot be compared", hint=f"valid: {', '.join(reader.what for reader in READERS)}")


def run_side(evidence: Evidence, part: Part = "whole", windows: Windows | None = None, name: str = "") -> Side:
    """Return one run as a side. Raises `UsageError` for a run without a history."""
    return Side(
        name or evidence.folder.name, (_series(evidence, part, windows),), facts_of(evidence), _doubts(evidence)
    )


def facts_of(evidence: Evidence) -> dict[str, str]:
    """Return what ran, in words."""
    plan, load = evidence.plan, evidence.plan["load"]
    overrides = ", ".join(f"{name}={value}" for name, value in sorted(plan.get("overrides", {}).items()))
    facts = {
        "scenario": plan.get("scenario", ""),
        "planted bug": plan.get("bug") or "",
        "target": plan.get("target", ""),
        "rate": f"{float(load['rate_per_s']):g}/s",
        "duration": f"{float(load['duration_s']):g} s",
        "arrivals": (load.get("arrivals") or {}).get("name", ""),
        "faults": ", ".join(str(item["name"]) for item in plan.get("faults", [])),
        "settings": overrides,
        "seed": plan.get("seed", ""),
    }
    return {name: str(value) for name, value in facts.items()}


def _series(evidence: Evidence, part: Part, windows: Windows | None) -> Series:
    if not evidence.has("history"):
        raise UsageError(f"{evidence.folder} has no history", hint="only runs whose load ended can be compared")
    try:
        return series_of(evidence, part, windows)
    except (LackingColumn, KeyError) as error:
        raise UsageError(
            f"{evidence.folder} cannot be compared: {error}", hint="docs/evidence.md lists what a run's folder holds"
        ) from error


def _doubts(evidence: Evidence) -> tuple[str, ...]:
    return (*generator_faults(evidence), *starvation_faults(evidence))


def _is_run(path: Path) -> bool:
    return (path / "plan.json").is_file()


def _runs_in(path: Path) -> list[Path]:
    return sorted(each for each in path.iterdir() if _is_run(each)) if path.is_dir() else []


def _read_run(path: Path, part: Part) -> Side:
    with Evidence(path) as evidence:
        return run_side(evidence, part)


def _read_several(path: Path, part: Part) -> Side:
    folders = _runs_in(path)
    if len(folders) > RUNS_MAX:
        raise UsageError(f"{path} has {len(folders)} runs, at most {RUNS_MAX} can stand on a side")
    sides = [_read_run(folder, part) for folder in folders]
    _check_alike(path, sides)
    facts = {name: ", ".join(dict.fromkeys(side.facts[name] for side in sides)) for name in sides[0].facts}
    doubts = tuple(f"{side.name}: {text}" for side in sides for text in side.doubts)
    return Side(path.name, tuple(run for side in sides for run in side.runs), facts, doubts)


def _check_alike(path: Path, sides: Sequence[Side]) -> None:
    for name in ("scenario", "planted bug", "target"):
        told = sorted({side.facts[name] for side in sides})
        if len(told) > 1:
            raise UsageError(
                f"{path} holds runs of more than one {name}: {', '.join(each or 'none' for each in told)}",
                hint="a side is one run, or a folder with repetitions of one",
            )


READERS: tuple[Reader, ...] = (
    Reader("a run's folder", _is_run, _read_run),
    Reader("a capacity report's folder (or its capacity.json)", is_capacity, read_capacity),
    Reader("a folder with runs' folders in it", lambda path: bool(_runs_in(path)), _read_several),
)
"""A further kind is one line here, and its reader."""
