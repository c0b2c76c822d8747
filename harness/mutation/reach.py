"""Which scenario reaches which mutant: recorded while the sound twins run, on a copy whose mutable places report.

The copy is the sound platform, with a report at each place that some mutant would change. It does nothing else, so its
runs are the sound twins of the mutants' runs, which carry the same report at their own place.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from harness.core.errors import UsageError
from harness.mutation.mutant import Mutant, Site

Sites = Mapping[tuple[str, Site], int]


def numbered(mutants: Iterable[Mutant]) -> dict[tuple[str, Site], int]:
    """Return a number for each place that some mutant changes."""
    return {place: number for number, place in enumerate(sorted({(mutant.path, mutant.site) for mutant in mutants}))}


class ReachMap:
    """The ids of the mutants that each scenario reaches, in a file; a scenario that is not in it is not known yet."""

    def __init__(self, path: Path) -> None:
        """Read the map, or begin an empty one."""
        self._path = path
        told = json.loads(path.read_text()) if path.exists() else {}
        self._reached = {name: frozenset(ids) for name, ids in told.get("scenarios", {}).items()}

    @property
    def scenarios(self) -> list[str]:
        """The scenarios that were looked at."""
        return list(self._reached)

    def by(self, mutant: Mutant) -> list[str]:
        """Return the scenarios that reach a mutant. What is in force from the start is reached by all."""
        return [name for name, ids in self._reached.items() if mutant.site.kind == "import" or mutant.id in ids]

    def add(self, scenario: str, ids: Iterable[str], revision: str) -> None:
        """Note what a scenario reached, besides what it reached in earlier runs, at once."""
        self._reached[scenario] = self._reached.get(scenario, frozenset()) | frozenset(ids)
        scenarios = {name: sorted(found) for name, found in self._reached.items()}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps({"revision": revision, "scenarios": scenarios}) + "\n")


def noted(folder: Path, began_at: str, ended_at: str) -> set[int]:
    """Return the numbers of the places that reported between two times (UTC, to the second)."""
    begin, end = _epoch(began_at), _epoch(ended_at) + 1.0
    found = set()
    for file in folder.glob("*.txt"):
        for line in file.read_text().splitlines():
            number, _, at = line.partition(" ")
            if at and begin <= float(at) <= end:
                found.add(int(number))
    return found


def ids_at(numbers: set[int], mutants: Sequence[Mutant], sites: Sites) -> list[str]:
    """Return the ids of the mutants at these places."""
    return [mutant.id for mutant in mutants if sites[mutant.path, mutant.site] in numbers]


def _epoch(told: str) -> float:
    try:
        return datetime.fromisoformat(told.replace("Z", "+00:00")).timestamp()
    except ValueError as error:
        raise UsageError(f"{told!r} is not a time: the run's verdict tells none") from error
