"""Judges a run part by part, in the memory that one part needs.

Each part is asked by the same SQL as the whole. Witnesses are added up and violations gathered; then the run is judged
as ever, with these answers in place of the questions. What counts over a whole run (`Invariant.whole`) is asked of the
whole one.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.core.errors import UsageError
from harness.core.evidence import Evidence, LackingColumn
from harness.core.judgement import Invariant, Undecided, Violation
from harness.invariants import catalogue
from harness.judge.findings import lacking
from harness.judge.parting import part_run

MAX_PARTS = 1024
MEMORY = "600MB"
"""For one part: half of what judging a whole run may take."""


@dataclass
class _Answers:
    """What one invariant came to over the parts."""

    witness: int = 0
    # By what they say: what is in every part is found in each of them, and is one violation.
    violations: dict[tuple[str, str, str], Violation] = field(default_factory=dict)
    undecided: list[str] = field(default_factory=list)
    lacking: LackingColumn | None = None

    def ask(self, invariant: Invariant, evidence: Evidence) -> None:
        """Add what a part says."""
        try:
            self.witness += invariant.witness.count(evidence)
            found = invariant.violations(evidence)
            self.violations |= {(item.subject, item.what, item.sum_of): item for item in found}
        except Undecided as undecided:
            self.undecided.append(str(undecided))
        except LackingColumn as column:
            self.lacking = column

    def counted(self, _: Evidence) -> int:
        """Return the parts' witnesses, added up."""
        if self.lacking:
            raise self.lacking
        return self.witness

    def found(self, _: Evidence) -> Sequence[Violation]:
        """Return the parts' violations."""
        if not self.violations and self.undecided:
            raise Undecided("; ".join(dict.fromkeys(self.undecided)))
        return list(self.violations.values())


def catalogue_in_parts(folder: Path, parts: int, say: Callable[[str], None] = lambda _: None) -> tuple[Invariant, ...]:
    """Return every invariant, with its answers about this run gathered from `parts` parts of it, one after the other.

    `say` hears of each part that is done. Raises `UsageError` for a number of parts that makes no sense.
    """
    if not 2 <= parts <= MAX_PARTS:
        raise UsageError(f"--parts: {parts} is not between 2 and {MAX_PARTS}")
    answers = {invariant.id: _Answers() for invariant in catalogue() if not invariant.whole}
    with tempfile.TemporaryDirectory(prefix="faultline-parts-") as scratch:
        for number, part in enumerate(part_run(folder, parts, Path(scratch)), start=1):
            with Evidence(part, memory_limit=MEMORY) as evidence:
                for invariant in catalogue():
                    if invariant.id in answers and not lacking(evidence, invariant).too_much:
                        answers[invariant.id].ask(invariant, evidence)
            say(f"part {number} of {parts} is judged")
    return tuple(_answered(item, answers[item.id]) if item.id in answers else item for item in catalogue())


def _answered(invariant: Invariant, answers: _Answers) -> Invariant:
    witness = replace(invariant.witness, count=answers.counted)
    return replace(invariant, witness=witness, violations=answers.found)
