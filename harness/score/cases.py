"""Which runs a score is made of, in which order, and what each of them should come to."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from harness import catalogue


@dataclass(frozen=True)
class Case:
    """One run to make: a scenario, a seed, and perhaps a planted bug with the invariants that must name it."""

    scenario: str
    seed: int
    bug: str = ""
    caught_by: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What the case is called in the record that an interrupted series goes on from."""
        return f"{self.scenario} seed {self.seed}" + (f" bug {self.bug}" if self.bug else "")

    @property
    def twin(self) -> "Case":
        """The sound twin: the same scenario and seed on the platform as it should be."""
        return Case(self.scenario, self.seed)


Batch = Sequence[Case]
"""Cases of one seed and one bug: one call of `faultline run` makes them all."""


def sound_batches(names: Sequence[str], seeds: Sequence[int]) -> Iterator[Batch]:
    """Yield every scenario with every seed, seed by seed, so that a slow drift shows."""
    yield from ([Case(name, seed) for name in names] for seed in seeds)


def bug_batches(wanted: Container[str], seeds: Sequence[int]) -> Iterator[Batch]:
    """Yield every planted bug in the scenarios that show it, seed by seed: a change of bug restarts the platform.

    First comes each bug in the scenario that its entry names first, with all seeds, and only then in its others: a
    series that was not finished has something to say of every bug, at the price of some more restarts.
    """
    bugs = [bug for bug in catalogue.planted_bugs().values() if bug.id in wanted]
    for place in range(max((len(bug.shown_by) for bug in bugs), default=0)):
        for bug in bugs:
            for name in bug.shown_by[place : place + 1]:
                yield from ([Case(name, seed, bug.id, tuple(bug.caught_by))] for seed in seeds)


def left_over(batches: Iterator[Batch], done: Container[str]) -> list[Batch]:
    """Return the batches without the cases that are done already."""
    rest = ([case for case in batch if case.key not in done] for batch in batches)
    return [batch for batch in rest if batch]
