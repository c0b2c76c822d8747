"""Which payments' stories are worth a page: what broke, else what lived through the fault."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.core.evidence import Evidence
from harness.core.report import Report
from reports import wording
from reports.tables import holds

_STORIES_MAX = 6
_SAMPLES_MAX = 2


@dataclass(frozen=True)
class Choice:
    """A story to tell: by the merchant's reference, else by the id it is about; `breaks` names the invariants."""

    heading: str
    why: str
    reference: str
    subject: str = ""
    breaks: tuple[str, ...] = ()


def choices(report: Report, evidence: Evidence) -> list[Choice]:
    """Return the smallest counterexample of every broken invariant, else samples, labelled as such.

    Invariants that one payment breaks together share its story.
    """
    broken = _broken(report)
    return broken[:_STORIES_MAX] if broken else list(_samples(report, evidence))[:_SAMPLES_MAX]


def _broken(report: Report) -> list[Choice]:
    about: dict[tuple[str, str], list[str]] = {}
    whys: dict[tuple[str, str], str] = {}
    for finding in wording.sort(report.invariants).broken:
        for example in finding.examples[:1]:
            key = (example.reference, "" if example.reference else example.subject)
            about.setdefault(key, []).append(finding.id)
            whys.setdefault(key, example.what)
    return [
        Choice(f"The payment that breaks {' and '.join(ids)}", whys[key], *key, tuple(ids))
        for key, ids in about.items()
    ]  # fmt: skip


def _samples(report: Report, evidence: Evidence) -> Iterator[Choice]:
    told: set[str] = set()
    for heading, why, reference in _candidates(report, evidence):
        if reference not in told:
            told.add(reference)
            yield Choice(heading, why, reference)


def _candidates(report: Report, evidence: Evidence) -> Iterator[tuple[str, str, str]]:
    if not holds(evidence, "payments", "payment_id", "reference", "created_at_us"):
        return
    for heading, why, sql in _queries(report, evidence):
        reference = evidence.scalar(sql)
        if reference:
            yield heading, why, str(reference)


def _queries(report: Report, evidence: Evidence) -> Iterator[tuple[str, str, str]]:
    sample = "A sample, not a finding: nothing is wrong with it."
    pick = "SELECT reference FROM payments p WHERE reference <> '' AND "
    # The one with the fewest operations tells it in the fewest lines.
    attempts = holds(evidence, "attempts", "payment_id", "attempt_id", "gateway", "state", "operation_id")
    last = " ORDER BY created_at_us LIMIT 1"
    if attempts:
        last = (
            " ORDER BY (SELECT count(DISTINCT operation_id) FROM attempts a WHERE a.payment_id = p.payment_id), "
            "created_at_us LIMIT 1"
        )
        yield (
            "A payment that fell back to another gateway",
            sample,
            f"{pick} payment_id IN (SELECT payment_id FROM attempts GROUP BY payment_id, operation_id "
            f"HAVING count(DISTINCT gateway) > 1 AND bool_or(state = 'succeeded')){last}",
        )
    if attempts and holds(evidence, "attempt_transitions", "attempt_id", "to_state"):
        yield (
            "A payment that nobody knew the outcome of, until somebody did",
            sample,
            f"{pick} payment_id IN (SELECT payment_id FROM attempts JOIN attempt_transitions t USING (attempt_id) "
            f"WHERE t.to_state = 'unknown' AND state IN ('succeeded', 'declined')){last}",
        )
    for fault in report.faults[:1]:
        begin_us, end_us = (evidence.t0_us + int(at_s * 1_000_000) for at_s in (fault.from_s, fault.to_s))
        yield (
            f"A payment that arrived while {fault.name} was on",
            sample,
            f"{pick} created_at_us BETWEEN {begin_us} AND {end_us}{last}",
        )
    yield "A payment of this run", sample, f"{pick} true{last}"
