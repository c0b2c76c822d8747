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
    """

    subject: str
    what: str
    money: Money = field(default_factory=dict)
    reference: str = ""
    size: int = 1


@dataclass(frozen=True)
class Witness:
    """What must have happened for silence to mean something: `count(evidence) >= at_least`."""

    sentence: str
    at_least: int
    count: Callable[["Evidence"], int]

    def __post_init__(self) -> None:
        if self.at_least < 1:
            raise UsageError(f"witness {self.sentence!r}: must demand at least one")


@dataclass(frozen=True)
class Invariant:
    """A sentence that must be true of every run.

    `kind`: `safety` (never, not even for a moment), `convergence` (after heal and settling), `liveness`.
    `needs` names the evidence tables without which it is not judged.
    """

    id: str
    sentence: str
    kind: Literal["safety", "convergence", "liveness"]
    needs: tuple[str, ...]
    witness: Witness
    violations: Callable[["Evidence"], Sequence[Violation]]


@dataclass(frozen=True)
class Finding:
    """What an invariant came to on one run. `examples` holds the smallest violations first, at most five."""

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


@dataclass(frozen=True)
class Measurement:
    """What an objective measured. `value` is None where there was nothing to measure (INCONCLUSIVE)."""

    value: float | None
    text: str
    met: bool


@dataclass(frozen=True)
class Objective:
    """A promise with a number: `measure` reads the evidence, `goal` says in words what was promised."""

    name: str
    goal: str
    measure: Callable[["Evidence"], Measurement]


@dataclass(frozen=True)
class ObjectiveResult:
    """An objective beside what was measured."""

    name: str
    goal: str
    measured: str
    value: float | None
    verdict: Verdict
