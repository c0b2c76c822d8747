"""A planted bug's run beside its sound twin: caught only where the one fails for its reason and the other passes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from harness.score.cases import Case
from harness.score.outcome import CONCLUSIVE, Outcome


@dataclass(frozen=True)
class Pair:
    """A run with a bug, and the run of the same scenario, seed and revision without one, where there is one yet."""

    planted: Outcome
    twin: Outcome | None

    @property
    def complete(self) -> bool:
        """Both runs took place."""
        return self.planted.verdict in CONCLUSIVE and self.twin is not None and self.twin.verdict in CONCLUSIVE

    @property
    def open(self) -> bool:
        """Both runs took place, and one of them could not say."""
        return self.complete and "INCONCLUSIVE" in (self.planted.verdict, self.twin.verdict if self.twin else "")

    @property
    def caught(self) -> bool:
        """An invariant of the bug's entry was violated, and the sound twin passes.

        Failing to start, a harness that failed, INCONCLUSIVE, or only a missed promise in time is not caught.
        """
        return self.planted.as_it_should_be and self.twin is not None and self.twin.verdict == "PASS"


def pair_up(cases: Iterable[Case], outcomes: Sequence[Outcome]) -> dict[str, Pair]:
    """Return the latest pair of each case that ran, by the case's key; a complete one before a later half one."""
    by_run = {(item.case.key, item.revision): item for item in outcomes}
    wanted = {case.key: case for case in cases}
    pairs: dict[str, Pair] = {}
    for item in outcomes:
        case = wanted.get(item.case.key)
        if case is None:
            continue
        # What must name a bug is what its entry says today.
        planted = replace(item, case=case)
        pair = Pair(planted, by_run.get((case.twin.key, item.revision)))
        if pair.complete or case.key not in pairs or not pairs[case.key].complete:
            pairs[case.key] = pair
    return pairs


class ToDo:
    """What is left of a series at the present revision, batch by batch; each twin once for all bugs that need it."""

    def __init__(
        self, batches: Iterable[Sequence[Case]], outcomes: Sequence[Outcome], revision: str, *, again: bool = False
    ) -> None:
        """Leave out the cases that have a complete pair at any revision, and what was run at this one.

        With `again`, what was INCONCLUSIVE is run again: a machine that was starved has said nothing.
        """
        wanted = [list(batch) for batch in batches]
        pairs = pair_up([case for batch in wanted for case in batch], outcomes)
        done = {key for key, pair in pairs.items() if pair.complete and not (again and pair.open)}
        enough = CONCLUSIVE - {"INCONCLUSIVE"} if again else CONCLUSIVE
        here = {item.case.key for item in outcomes if item.revision == revision and item.verdict in enough}
        self.batches: list[list[Case]] = []
        taken = set(here)
        for batch in wanted:
            left = [case for case in batch if case.key not in done]
            twins = [case.twin for case in left if case.twin.key not in taken]
            taken |= {twin.key for twin in twins}
            planted = [case for case in left if case.key not in here]
            self.batches += [part for part in (twins, planted) if part]

    @property
    def runs(self) -> int:
        """How many runs that is."""
        return sum(map(len, self.batches))
