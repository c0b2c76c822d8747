"""Finds scenarios, faults, invariants, planted bugs and report formats by looking at the folders they live in.

The engine names none of them: a new one is a new file. Nothing registers itself as a side effect of being imported.
"""

import difflib
import importlib
import json
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.core.errors import UsageError
from harness.core.judgement import Invariant
from harness.core.scenario import Scenario

QUIET = "calm"
"""The scenario in which nothing is broken: the control of all others."""
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Entry:
    """One line of `faultline list`."""

    name: str
    summary: str
    kind: str


@dataclass(frozen=True)
class PlantedBug:
    """A switch of the system under test that makes it unsound on purpose.

    `caught_by` are the invariants that must name it; `shown_by` the scenarios that reach it.
    """

    id: str
    title: str
    caught_by: tuple[str, ...]
    shown_by: tuple[str, ...]


def _modules(package: str) -> list[str]:
    found = importlib.import_module(package)
    return sorted(item.name for item in pkgutil.iter_modules(found.__path__) if not item.name.startswith("_"))


def _load(package: str, name: str) -> ModuleType:
    return importlib.import_module(f"{package}.{name}")


def first_line(text: str | None) -> str:
    """Return the first line of a docstring."""
    return (text or "").strip().split("\n", 1)[0]


def nearest(wanted: str, valid: Iterable[str], what: str) -> UsageError:
    """Return the error for a name that does not exist, with the nearest valid one."""
    names = sorted(valid)
    close = difflib.get_close_matches(wanted.lower(), [name.lower() for name in names], n=1, cutoff=0.4)
    guess = next((name for name in names if close and name.lower() == close[0]), "")
    hint = f"did you mean {guess}? " if guess else ""
    return UsageError(f"unknown {what}: {wanted!r}", hint=f"{hint}valid: {', '.join(names)}")


def scenario_names() -> list[str]:
    """Return the names of all scenarios, the control first."""
    return sorted(_modules("scenarios"), key=lambda name: (name != QUIET, name))


def scenario(name: str) -> Scenario:
    """Return the scenario of that name; `UsageError` with the nearest name where there is none."""
    names = scenario_names()
    if name not in names:
        raise nearest(name, names, "scenario")
    loaded = _load("scenarios", name).scenario
    if not isinstance(loaded, Scenario):
        raise UsageError(f"scenarios/{name}.py: `scenario` is a {type(loaded).__name__}, not a Scenario")
    return loaded


def scenario_story(name: str) -> str:
    """Return the docstring of a scenario's file: its story in prose."""
    return (_load("scenarios", name).__doc__ or "").strip()


def fault_names() -> list[str]:
    """Return the names of all faults."""
    return _modules("faults")


def fault_factory(name: str) -> Callable[..., Any]:
    """Return the factory of that fault; `UsageError` with the nearest name where there is none."""
    names = fault_names()
    if name not in names:
        raise nearest(name, names, "fault")
    factory: Callable[..., Any] = getattr(_load("faults", name), name)
    return factory


def fault_story(name: str) -> str:
    """Return the docstring of a fault's file."""
    return (_load("faults", name).__doc__ or "").strip()


def invariants() -> Sequence[Invariant]:
    """Return every invariant, in the order of their numbers."""
    return importlib.import_module("harness.invariants").catalogue()  # type: ignore[no-any-return]


def planted_bugs(published: Path = ROOT / "system" / "bugs" / "catalogue.json") -> Mapping[str, PlantedBug]:
    """Return the planted bugs that the system under test publishes, by id, with the invariants that exist here."""
    try:
        listed = json.loads(published.read_text())
    except OSError:
        return {}
    bugs = [PlantedBug(item["id"], item["title"], tuple(item["caught_by"]), tuple(item["shown_by"])) for item in listed]
    return {bug.id: bug for bug in bugs}


def planted_bug(bug_id: str) -> PlantedBug:
    """Return the planted bug with that id; `UsageError` with the nearest id where there is none."""
    bugs = planted_bugs()
    found = bugs.get(bug_id.upper())
    if found is None:
        raise nearest(bug_id, bugs, "planted bug")
    return found


def formats() -> list[ModuleType]:
    """Return every report format (a module with NAME, FILENAME and render)."""
    return [_load("reports.formats", name) for name in _modules("reports.formats")]


def audit_formats() -> list[ModuleType]:
    """Return the pages for an auditor (modules with FILENAME and render)."""
    return [_load("reports.audit", name) for name in _modules("reports.audit")]


def comparison_formats() -> Mapping[str, ModuleType]:
    """Return the formats of comparisons by name (modules with NAME and render)."""
    modules = [_load("reports.comparisons", name) for name in _modules("reports.comparisons")]
    return {module.NAME: module for module in modules}


def trend_formats() -> Mapping[str, ModuleType]:
    """Return the formats of trends by name (modules with NAME and render)."""
    modules = [_load("reports.trends", name) for name in _modules("reports.trends")]
    return {module.NAME: module for module in modules}


def entries() -> list[Entry]:
    """Return everything there is, one line each."""
    listed = [Entry(name, scenario(name).claim, "scenario") for name in scenario_names()]
    listed += [Entry(name, first_line(fault_story(name)), "fault") for name in fault_names()]
    listed += [Entry(item.id, item.sentence, "invariant") for item in invariants()]
    listed += [
        Entry(bug.id, f"{bug.title} (caught by {', '.join(bug.caught_by)} in {', '.join(bug.shown_by)})", "bug")
        for bug in planted_bugs().values()
    ]
    return listed
