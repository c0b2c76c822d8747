"""What is known of each mutant of a sample: caught, survived, never reached, equivalent, or not judged yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.mutation.mutant import Mutant
from harness.mutation.reach import ReachMap
from harness.score.cases import Case
from harness.score.outcome import CONCLUSIVE, Outcome

OFTEN = 4
"""So many reports of a place say that a scenario goes there all the time; more say no more."""

FUTILE = 3
"""With runs that did not reach the mutant, so many times the tries that it is given."""

Word = Literal["caught", "survived", "never reached", "equivalent", "does not run", "open"]


@dataclass(frozen=True)
class Status:
    """Where one mutant stands.

    `caught`: the run that caught it, if one did; `survived`: the runs that reached it and passed, or failed by nothing
    but a missed promise; `unsaid`: those that were INCONCLUSIVE or did not take place; `left`: scenarios that reach it
    and are to be run, in their order (none where their twins have not passed); `reason`: why it is equivalent.
    """

    mutant: Mutant
    word: Word
    caught: Outcome | None = None
    survived: tuple[Outcome, ...] = ()
    unsaid: tuple[Outcome, ...] = ()
    left: tuple[str, ...] = ()
    reason: str = ""

    @property
    def counts(self) -> bool:
        """Whether it is in the denominator: reached, and not equivalent."""
        return self.word in ("caught", "survived", "does not run")


class Knowledge:
    """All that was recorded, from which the status of each mutant follows."""

    def __init__(
        self,
        outcomes: Sequence[Outcome],
        reach: ReachMap,
        equivalents: Mapping[str, str],
        *,
        seed: int,
        at_most: int,
        again: bool = False,
        scenarios: Sequence[str] | None = None,
        every: Sequence[str] = (),
    ) -> None:
        """Runs have this seed; at most so many scenarios are tried on a mutant, of these where some are named.

        `again`: runs that could not say are left to make; `every`: all scenarios there are. Before the reach of each of
        them is known, nothing is called never reached.
        """
        self._reach = reach
        self._equivalents = equivalents
        self._at_most = at_most
        self._again = again
        self._scenarios = scenarios
        self._every = frozenset(every)
        self._twins: dict[tuple[str, str], Outcome] = {}
        self._runs: dict[str, dict[str, Outcome]] = {}
        self._catches: dict[tuple[str, str], int] = {}
        self._seed = seed
        for outcome in outcomes:
            self.add(outcome)

    def add(self, outcome: Outcome) -> None:
        """Take one more outcome into account; a later one of the same mutant and scenario takes the earlier's place."""
        case = outcome.case
        if case.seed != self._seed:
            return
        if not case.bug:
            self._twins[case.scenario, outcome.revision] = outcome
        else:
            self._runs.setdefault(case.bug, {})[case.scenario] = outcome

    def twin_passes(self, scenario: str, revision: str) -> bool:
        """Tell whether the sound twin passed at that revision."""
        twin = self._twins.get((scenario, revision))
        return twin is not None and twin.verdict == "PASS"

    def twin_of(self, scenario: str, revision: str) -> Outcome | None:
        """Return the sound twin's outcome at that revision, where there is one."""
        return self._twins.get((scenario, revision))

    def is_catch(self, outcome: Outcome) -> bool:
        """Tell whether a run caught its mutant: FAIL by an invariant while the sound twin passes with the same seed."""
        return (
            outcome.verdict == "FAIL"
            and bool(outcome.violated)
            and self.twin_passes(outcome.case.scenario, outcome.revision)
        )

    def status(self, mutant: Mutant, revision: str) -> Status:
        """Return where a mutant stands; what is left is for the present revision."""
        if mutant.id in self._equivalents:
            return Status(mutant, "equivalent", reason=self._equivalents[mutant.id])
        runs = list(self._runs.get(mutant.id, {}).values())
        catches = [run for run in runs if self.is_catch(run)]
        if catches:
            return Status(mutant, "caught", caught=catches[0])
        survived = tuple(run for run in runs if run.verdict in ("PASS", "FAIL") and run.reached != 0)
        told = tuple(run for run in runs if run not in survived)
        dead = tuple(run for run in told if run.verdict not in CONCLUSIVE)
        left = () if dead and not self._again else self._left(mutant, runs, revision)
        if dead and not left:
            return Status(mutant, "does not run", None, survived, told)
        if left:
            return Status(mutant, "open", None, survived, told, left)
        if survived:
            return Status(mutant, "survived", None, survived, told)
        if any(run.reached for run in told):
            return Status(mutant, "survived", None, survived, told)
        unknown = not self._every <= set(self._reach.scenarios)
        waits = unknown or (not told and bool(self._reach.by(mutant)))
        return Status(mutant, "open" if waits else "never reached", None, survived, told)

    def _left(self, mutant: Mutant, runs: Sequence[Outcome], revision: str) -> tuple[str, ...]:
        """Return the scenarios still to try, the likeliest to catch it first."""
        said = [run for run in runs if not (self._again and run.verdict not in ("PASS", "FAIL"))]
        able = [name for name in self._reach.by(mutant) if self.twin_passes(name, revision)]
        able = [name for name in able if self._scenarios is None or name in self._scenarios]
        names = [name for name in able if name not in {run.case.scenario for run in said}]
        missed = {run.case.scenario for run in runs if run.reached == 0}
        ordered = sorted(names, key=lambda name: (name in missed, *self._order(mutant, name, revision)))
        # Who did not get there has said nothing: others are tried in its stead, though not without end.
        got_there = sum(run.reached != 0 for run in said)
        return tuple(ordered[: max(0, min(self._at_most - got_there, FUTILE * self._at_most - len(said)))])

    def _order(self, mutant: Mutant, scenario: str, revision: str) -> tuple[float, float, float]:
        """First where neighbours were caught; then where its place is reached again and again; then the quick ones."""
        often = min(self._reach.often(mutant, scenario), OFTEN)
        return (-self._worth(mutant, scenario), -often, self._seconds(scenario, revision))

    def _worth(self, mutant: Mutant, scenario: str) -> float:
        """Return how often a scenario caught mutants, with weight on the same function and the same file."""
        near = self._catches
        return (
            10.0 * near.get((f"{mutant.path} {mutant.function}", scenario), 0)
            + 3.0 * near.get((mutant.path, scenario), 0)
            + 0.1 * near.get(("", scenario), 0)
        )

    def note_catch(self, mutant: Mutant, scenario: str) -> None:
        """Remember what caught a mutant, for the order in which scenarios are tried on the next ones."""
        for near in (f"{mutant.path} {mutant.function}", mutant.path, ""):
            self._catches[near, scenario] = self._catches.get((near, scenario), 0) + 1

    def _seconds(self, scenario: str, revision: str) -> float:
        twin = self._twins.get((scenario, revision))
        return twin.seconds if twin else 0.0

    def case(self, mutant: Mutant, scenario: str) -> Case:
        """Return the run to make."""
        return Case(scenario, self._seed, mutant.id)
