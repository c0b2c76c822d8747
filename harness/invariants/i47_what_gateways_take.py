"""I47: what a gateway takes is its own rule, and published; nothing else is sent there, and nothing less refused."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock, first_of_each, money, violation

REFUSED = "('currency_not_supported', 'amount_not_supported')"
"""The codes by which the platform says that no gateway takes a currency, or an amount of it."""

_TAKEN = """EXISTS (SELECT 1 FROM gateway_currencies c WHERE c.currency = h.currency
    AND h.amount_minor BETWEEN c.least_minor AND c.most_minor AND h.amount_minor % c.step_minor = 0)"""
"""Some gateway takes this charge, by the rules that it publishes."""


def _sent(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        """
        SELECT call_id AS subject, gateway, endpoint, reference, operation_id, arrived_at_us
        FROM gateway_calls WHERE result = 'untaken'
        """
    )
    return [
        violation(
            row,
            f"{row['endpoint']} {row['reference']} (operation {row['operation_id']}) was sent to {row['gateway']} at "
            f"{clock(evidence, row['arrived_at_us'])}, whose published rules do not take that currency and amount",
        )
        for row in rows
    ]


def _refused(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"""
        SELECT h.op AS subject, h.reference, h.amount_minor, h.currency, h.error_code, h.done_us FROM history h
        WHERE h.kind = 'create' AND h.outcome = 'FAILED' AND h.error_code IN {REFUSED}
            AND h.amount_minor IS NOT NULL AND h.reference <> '' AND {_TAKEN}
        """
    )
    return [
        violation(
            row,
            f"create {row['reference']} of {money(row['amount_minor'], row['currency'])} was refused as "
            f"{row['error_code']} at {clock(evidence, row['done_us'])}, but a gateway takes it",
        )
        for row in rows
    ]


def _accepted(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"""
        SELECT h.op AS subject, h.reference, h.amount_minor, h.currency, h.done_us FROM history h
        WHERE h.kind = 'create' AND h.outcome = 'OK' AND h.amount_minor IS NOT NULL AND h.reference <> ''
            AND NOT {_TAKEN}
        """
    )
    return [
        violation(
            row,
            f"create {row['reference']} of {money(row['amount_minor'], row['currency'])} succeeded at "
            f"{clock(evidence, row['done_us'])}, but no gateway takes it",
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    if not evidence.count("SELECT count(*) FROM gateway_currencies"):
        return []
    return first_of_each([*_sent(evidence), *_refused(evidence), *_accepted(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count(
        f"SELECT count(*) FROM history h WHERE kind = 'create' AND error_code IN {REFUSED} AND NOT {_TAKEN}"
    )


INVARIANT = Invariant(
    id="I47",
    sentence="Nothing is sent to a gateway that its published rules of currencies and amounts do not take, "
    "and nothing that one of them takes is refused for it.",
    kind="safety",
    needs=("history", "gateway_calls", "gateway_currencies"),
    witness=Witness("payments refused that no gateway takes", 2, _count),
    violations=_violations,
)
