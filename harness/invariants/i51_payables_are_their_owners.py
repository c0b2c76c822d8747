"""I51: whose money it is. What gateways took for a merchant's customers is owed to that merchant and to nobody else.

Who owns a payment is known from outside: the client who asked for it, and the name under which the gateway keeps it.
How much was booked at all is I16's matter, and whether it balances I15's; here the other leg must be its owner's.
"""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._bookings import CLEARING, SIGNED_MINOR
from harness.invariants._facts import charges, intents, moves
from harness.invariants._folding import differing, fold, within
from harness.invariants._telling import first_of_each, money, some, violation

_OWED = "account LIKE 'merchant:%' AND attempt_id <> ''"
"""Postings to the accounts of merchants: what is owed to them for a payment. What settlement moves later is I30's."""


def _suspects(evidence: Evidence) -> str:
    """Return the buckets of attempts in which movements and the merchants' postings are not the same."""
    moved = f"hash(merchant_id, upper(currency), attempt_id, {SIGNED_MINOR})"
    owed = "hash(split_part(account, ':', 2), upper(currency), attempt_id, -amount_minor)"
    return differing(
        evidence,
        "owed_to_others",
        fold(evidence, "fold_of_owners_moves", "attempt_id", moved, f"{moves(evidence)} WHERE kind <> 'void'"),
        fold(evidence, "fold_of_payables", "attempt_id", owed, f"postings WHERE {_OWED}"),
    )


def _misplaced(evidence: Evidence) -> list[Violation]:
    """Attempts whose booked money is not on the account of the merchant for whom the gateway moved it."""
    suspects = _suspects(evidence)
    rows = evidence.rows(
        f"""
        WITH moved AS (
            SELECT attempt_id, upper(currency) AS currency, max(merchant_id) AS owner, max(intent) AS reference,
                sum({SIGNED_MINOR}) AS moved_minor
            FROM {moves(evidence)} m {within(suspects, "m.attempt_id")} WHERE kind <> 'void'
            GROUP BY attempt_id, upper(currency)
        ), legs AS (
            SELECT attempt_id, upper(currency) AS currency, max(cause) AS cause,
                sum(amount_minor) FILTER ({CLEARING}) AS cleared_minor,
                list(DISTINCT account) FILTER (NOT {CLEARING}) AS accounts, sum(amount_minor) AS off_minor
            FROM postings {within(suspects, "attempt_id")} GROUP BY attempt_id, upper(currency)
        ), owed AS (
            SELECT attempt_id, upper(currency) AS currency, split_part(account, ':', 2) AS merchant_id,
                -sum(amount_minor) AS owed_minor
            FROM postings {within(suspects, "attempt_id")} WHERE {_OWED} GROUP BY ALL
        )
        SELECT l.attempt_id AS subject, l.currency, l.cause, l.accounts, m.owner, m.reference,
            coalesce(m.moved_minor, 0) AS moved_minor, coalesce(o.owed_minor, 0) AS owed_minor
        FROM legs l LEFT JOIN moved m ON m.attempt_id = l.attempt_id AND m.currency = l.currency
        LEFT JOIN owed o ON o.attempt_id = l.attempt_id AND o.currency = l.currency AND o.merchant_id = m.owner
        WHERE coalesce(l.cleared_minor, 0) = coalesce(m.moved_minor, 0) AND l.off_minor = 0
            AND (coalesce(o.owed_minor, 0) <> coalesce(m.moved_minor, 0) OR (SELECT count(*) FROM owed x
                WHERE x.attempt_id = l.attempt_id AND x.merchant_id IS DISTINCT FROM m.owner AND x.owed_minor <> 0) > 0)
        """
    )
    return [
        violation(
            row,
            f"{row['cause']} ({row['reference'] or 'nobody asked for it'}): the gateway moved "
            f"{money(row['moved_minor'], row['currency'])} for {row['owner'] or 'nobody'}, whose account has "
            f"{money(row['owed_minor'], row['currency'])} of it; booked to {some(sorted(row['accounts'] or []))}",
            amount_minor=abs(row["moved_minor"] - row["owed_minor"]) or abs(row["moved_minor"]),
            size=2,
        )
        for row in rows
    ]


def _in_anothers_name(evidence: Evidence) -> list[Violation]:
    """Charges and movements that a gateway keeps under another merchant's name than the one who asked for them."""
    rows = evidence.rows(
        f"""
        WITH owned AS (SELECT hash(merchant_id, reference) AS owner FROM {intents(evidence)} WHERE kind = 'create'),
        suspects AS (SELECT c.* FROM {charges(evidence)} c ANTI JOIN owned ON owner = hash(c.merchant_id, c.reference)),
        asked AS (
            SELECT DISTINCT merchant_id, reference FROM {intents(evidence)} SEMI JOIN suspects USING (reference)
            WHERE kind = 'create'
        ), named AS (
            SELECT m.* FROM gateway_movements m ANTI JOIN (
                SELECT hash(gateway, charge_id, merchant_id) AS name FROM gateway_charges
            ) ON name = hash(m.gateway, m.charge_id, m.merchant_id)
            WHERE m.merchant_id <> ''
        )
        SELECT c.charge_id AS subject, c.gateway, c.reference, c.merchant_id AS name, c.amount_minor, c.currency,
            any_value(a.merchant_id) AS owner
        FROM suspects c JOIN asked a ON a.reference = c.reference
        GROUP BY ALL HAVING NOT bool_or(a.merchant_id = c.merchant_id)
        UNION ALL
        SELECT m.movement_id, m.gateway, m.reference, m.merchant_id, m.amount_minor, m.currency, c.merchant_id
        FROM named m JOIN gateway_charges c ON c.gateway = m.gateway AND c.charge_id = m.charge_id
        WHERE c.merchant_id <> '' AND m.merchant_id <> c.merchant_id
        """
    )
    return [
        violation(
            row,
            f"{row['gateway']} keeps {row['subject']} ({row['reference']}, "
            f"{money(row['amount_minor'], row['currency'])}) under the name of {row['name']}, "
            f"but it is {row['owner']}'s",
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_misplaced(evidence), *_in_anothers_name(evidence)])


def _count(evidence: Evidence) -> int:
    """Count booked movements, if there is more than one merchant to confuse."""
    if evidence.count("SELECT count(DISTINCT merchant_id) FROM gateway_movements WHERE merchant_id <> ''") < 2:
        return 0
    return evidence.count(f"SELECT count(*) FROM postings WHERE {_OWED}")


INVARIANT = Invariant(
    id="I51",
    sentence="A merchant's account has its own captures less its own refunds and fees, and nobody else's; gateways "
    "keep each charge under the name of who asked for it.",
    kind="convergence",
    needs=("history", "gateway_charges", "gateway_movements", "operations", "postings"),
    witness=Witness("postings to the accounts of two or more merchants", 20, _count),
    violations=_violations,
    whole=True,
)
