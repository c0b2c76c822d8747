"""Which scenario reaches which mutant: recorded while the sound twins run, on a copy whose mutable places report.

The copy is the sound platform, with a report at each place that some mutant would change. It does nothing else, so its
runs are the sound twins of the mutants' runs, which carry the same report at their own place.
"""

import json
from collections import Counter
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
    """Which mutants each scenario reaches and how often it reported them, in a file.

    A scenario that is not in it is not known yet.
    """

    def __init__(self, path: Path) -> None:
        """Read the map, or begin an empty one."""
        self._path = path
        told = json.loads(path.read_text()) if path.exists() else {}
        self._reached: dict[str, dict[str, int]] = {
            name: dict(found) if isinstance(found, dict) else dict.fromkeys(found, 1)
            for name, found in told.get("scenarios", {}).items()
        }

    @property
    def scenarios(self) -> list[str]:
        """The scenarios that were looked at."""
        return list(self._reached)

    def by(self, mutant: Mutant) -> list[str]:
        """Return the scenarios that reach a mutant. What is in force from the start is reached by all."""
        return [name for name, ids in self._reached.items() if mutant.site.kind == "import" or mutant.id in ids]

    def often(self, mutant: Mutant, scenario: str) -> int:
        """Return how many reports of a mutant's place a scenario's run left: at most one in 3 s of each process."""
        return self._reached.get(scenario, {}).get(mutant.id, 0)

    def add(self, scenario: str, reports: Mapping[str, int], revision: str) -> None:
        """Note what a scenario reached and how often, besides what it reached in earlier runs, at once."""
        self._reached[scenario] = {**self._reached.get(scenario, {}), **reports}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps({"revision": revision, "scenarios": self._reached}) + "\n")


def noted(folder: Path, began_at: str, ended_at: str) -> Counter[int]:
    """Return how often places, by their numbers, reported between two times (UTC, to the second)."""
    begin, end = _epoch(began_at), _epoch(ended_at) + 1.0
    found: Counter[int] = Counter()
    for file in folder.glob("*.txt"):
        for line in file.read_text().splitlines():
            number, _, at = line.partition(" ")
            if at and begin <= float(at) <= end:
                found[int(number)] += 1
    return found


def reports_of(found: Mapping[int, int], mutants: Sequence[Mutant], sites: Sites) -> dict[str, int]:
    """Return how often the places of mutants reported, by the mutants' ids."""
    placed = ((mutant.id, sites[mutant.path, mutant.site]) for mutant in mutants)
    return {name: found[number] for name, number in placed if number in found}


def _epoch(told: str) -> float:
    try:
        return datetime.fromisoformat(told.replace("Z", "+00:00")).timestamp()
    except ValueError as error:
        raise UsageError(f"{told!r} is not a time: the run's verdict tells none") from error
