"""What each invariant came to on one run."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from harness.core.evidence import Event, Evidence, LackingColumn
from harness.core.judgement import Finding, Invariant, Money, Undecided, Violation
from harness.core.verdicts import Verdict

EXAMPLES_SHOWN = 5


def find(evidence: Evidence, invariant: Invariant, *, required: bool, excuse: str = "") -> Finding:
    """Judge one invariant: FAIL with counterexamples, PASS with its witness, INCONCLUSIVE when it was not tested.

    `excuse` says why what came too late in this run is nobody's fault (empty: it is somebody's). It leaves open what is
    `Violation.timed`, and nothing else. Whether an untested invariant matters is for the verdict to say: only a
    required one leaves the run open.
    """
    # First what the target cannot give: that does not hang on whether the rest could be read this time.
    lost, withheld, spared = lacking(evidence, invariant)
    if withheld:
        reason = f"not judged: the target does not give {', '.join(withheld)}"
        found = _finding(invariant, Verdict.INCONCLUSIVE, required, 0, reason=reason)
        return replace(found, not_given=tuple(withheld), judged=False)
    if lost:
        return _finding(invariant, Verdict.INCONCLUSIVE, required, 0, reason=_lost(evidence, lost))
    return replace(_judged(evidence, invariant, required, excuse), not_given=tuple(spared))


class Lacking(NamedTuple):
    """The evidence that an invariant needs and that is not there.

    It is not judged without what this run `lost` and what its target never gives (`withheld`); without what is `spared`
    it is, and says less.
    """

    lost: list[str]
    withheld: list[str]
    spared: list[str]

    @property
    def too_much(self) -> bool:
        """Whether it is not judged."""
        return bool(self.lost or self.withheld)


def lacking(evidence: Evidence, invariant: Invariant) -> Lacking:
    """Return what an invariant lacks in a run."""
    missing = [table for table in invariant.needs if not evidence.has(table)]
    not_given = [table for table in missing if table in evidence.not_given]
    return Lacking(
        lost=[table for table in missing if table not in not_given],
        withheld=[table for table in not_given if table not in invariant.spares],
        spared=[table for table in not_given if table in invariant.spares],
    )


def _lost(evidence: Evidence, tables: Sequence[str]) -> str:
    """Return that these tables are missing, and why, where the run says so: who did not answer in time, for one."""
    told = {name: why for event in evidence.events_of("books_saved") for name, why in _unread(event).items()}
    reasons = sorted({told[table] for table in tables if table in told})
    return f"missing: {', '.join(tables)}" + (f", for {'; '.join(reasons)} could not be read" if reasons else "")


def _unread(event: Event) -> Mapping[str, str]:
    return dict(event.detail.get("unread") or {})


def _judged(evidence: Evidence, invariant: Invariant, required: bool, excuse: str) -> Finding:
    witness = 0
    try:
        witness = invariant.witness.count(evidence)
        violations = invariant.violations(evidence)
    except Undecided as undecided:
        reason = _untested(invariant, witness) or f"not decided: {undecided}"
        return _finding(invariant, Verdict.INCONCLUSIVE, required, witness, reason=reason)
    except LackingColumn as lacking:
        return _finding(invariant, Verdict.INCONCLUSIVE, required, witness, reason=f"missing: {lacking}")
    if violations:
        return _broken(invariant, violations, required, witness, excuse)
    if reason := _untested(invariant, witness):
        return _finding(invariant, Verdict.INCONCLUSIVE, required, witness, reason=reason)
    return _finding(invariant, Verdict.PASS, required, witness)


def _broken(
    invariant: Invariant, violations: Sequence[Violation], required: bool, witness: int, excuse: str
) -> Finding:
    firm = [item for item in violations if not (item.timed and excuse)]
    if firm:
        return _finding(invariant, Verdict.FAIL, required, witness, firm)
    reason = f"not to be told: {times(len(violations))} violated, but {excuse}"
    return _finding(invariant, Verdict.INCONCLUSIVE, required, witness, violations, reason)


def _untested(invariant: Invariant, witness: int) -> str:
    if witness >= invariant.witness.at_least:
        return ""
    needed = f"{witness} {invariant.witness.sentence}; at least {invariant.witness.at_least} needed"
    return f"not put to the test: {needed}"


def times(count: int) -> str:
    """Return a number of times in words."""
    return "once" if count == 1 else f"{count} times"


def money_at_risk(violations: Sequence[Violation]) -> Money:
    """Add up the money of violations, each currency by itself and each sum once.

    Of a sum that several places tell of, the one that tells of most counts.
    """
    told: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for number, violation in enumerate(violations):
        sum_of = violation.sum_of or f"violation {number}"
        for currency, amount_minor in violation.money.items():
            told[sum_of, currency][violation.seen_in] += amount_minor
    total: Counter[str] = Counter()
    for (_, currency), places in told.items():
        total[currency] += max(places.values())
    return dict(sorted(total.items()))


def _finding(
    invariant: Invariant,
    verdict: Verdict,
    required: bool,
    witness: int,
    violations: Sequence[Violation] = (),
    reason: str = "",
) -> Finding:
    smallest = sorted(violations, key=lambda violation: violation.size)[:EXAMPLES_SHOWN]
    return Finding(
        id=invariant.id,
        sentence=invariant.sentence,
        verdict=verdict,
        required=required,
        witness=witness,
        witness_needed=invariant.witness.at_least,
        witness_sentence=invariant.witness.sentence,
        violations=len(violations),
        money_at_risk=money_at_risk(violations),
        examples=tuple(smallest),
        reason=reason,
    )
