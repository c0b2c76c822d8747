"""What must hold, what was found, and what it cost.

An invariant is a sentence with a pure function from evidence to counterexamples. A bare yes or no is not an answer:
a failure shows the smallest counterexample, how many more there are, and the money involved.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from harness.core.errors import UsageError
from harness.core.verdicts import Verdict

if TYPE_CHECKING:
    from harness.core.evidence import Evidence

Money = Mapping[str, int]
"""Amounts in minor units by currency. Currencies are never added together."""


@dataclass(frozen=True)
class Violation:
    """One counterexample.

    `subject` is the id it is about; `what` one sentence with the facts that contradict the claim; `money` the amount
    at risk; `reference` the merchant's own reference of the logical payment (joins history, gateways and database,
    and lets the report draw its story); `size` how many records it takes to tell (the smallest is shown first).

    `sum_of` names the sum of money (mostly a payment) where an invariant looks at the same one in several places;
    `seen_in` is the place. What one place tells of a sum is added, what several tell of it is counted once.
    `picture` has lines to be shown as they are, each up to 120 columns wide, where words are not enough.
    `timed` says that the claim was only kept too late, as anybody keeps it on a machine that gives out no processors.
    What must never happen, sooner or later, is not timed, whatever the kind of its invariant.
    """

    subject: str
    what: str
    money: Money = field(default_factory=dict)
    reference: str = ""
    size: int = 1
    sum_of: str = ""
    seen_in: str = ""
    picture: tuple[str, ...] = ()
    timed: bool = False


@dataclass(frozen=True)
class Witness:
    """What must have happened for silence to mean something: `count(evidence) >= at_least`."""

    sentence: str
    at_least: int
    count: Callable[["Evidence"], int]

    def __post_init__(self) -> None:
        if self.at_least < 1:
            raise UsageError(f"witness {self.sentence!r}: must demand at least one")


class Undecided(Exception):
    """What `Invariant.violations` raises where the evidence is there and yet says neither yes nor no; its text is why.

    The finding is INCONCLUSIVE then: the one way in which an invariant says so. Counterexamples that were found all the
    same are returned instead of this.
    """


@dataclass(frozen=True)
class Invariant:
    """A sentence that must be true of every run.

    `kind`: `safety` (never, not even for a moment), `convergence` (after heal and settling), `liveness`.
    `needs` names the evidence without which it is not judged. `spares` names those of them without which it still says
    something true, only less: where a target does not give them, it is judged without, and the finding says so.
    `whole` says that it counts over all of a run (shares, spans of time, balances of accounts): what a part of the run
    comes to, with some payments whole and no others, would say nothing.
    """

    id: str
    sentence: str
    kind: Literal["safety", "convergence", "liveness"]
    needs: tuple[str, ...]
    witness: Witness
    violations: Callable[["Evidence"], Sequence[Violation]]
    spares: tuple[str, ...] = ()
    whole: bool = False

    def __post_init__(self) -> None:
        if strange := set(self.spares) - set(self.needs):
            raise UsageError(f"invariant {self.id}: it spares {', '.join(sorted(strange))}, which it does not need")


@dataclass(frozen=True)
class Finding:
    """What an invariant came to on one run. `examples` holds the smallest violations first, at most five.

    `not_given` names evidence that the target does not give. With `judged` false that was too much to lack: the verdict
    INCONCLUSIVE then means "not judged", and says nothing about the run. Otherwise it was judged without.
    """

    id: str
    sentence: str
    verdict: Verdict
    required: bool
    witness: int
    witness_needed: int
    witness_sentence: str
    violations: int = 0
    money_at_risk: Money = field(default_factory=dict)
    examples: tuple[Violation, ...] = ()
    reason: str = ""
    not_given: tuple[str, ...] = ()
    judged: bool = True


@dataclass(frozen=True)
class Measurement:
    """What an objective measured. `value` is None where there was nothing to measure (INCONCLUSIVE).

    `excusable` is false where time has nothing to do with a miss: a definite refusal is no matter of a busy machine.
    """

    value: float | None
    text: str
    met: bool
    excusable: bool = True


@dataclass(frozen=True)
class Objective:
    """A promise with a number: `measure` reads the evidence, `goal` says in words what was promised.

    `needs` names the evidence that it is measured by.
    """

    name: str
    goal: str
    measure: Callable[["Evidence"], Measurement]
    needs: tuple[str, ...] = ("history",)


@dataclass(frozen=True)
class ObjectiveResult:
    """An objective beside what was measured. `judged` is false where the target does not give what it needs."""

    name: str
    goal: str
    measured: str
    value: float | None
    verdict: Verdict
    judged: bool = True
