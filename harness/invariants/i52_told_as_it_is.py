"""I52: what others are told. An event says what its version of the payment is, and what the gateways really moved."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._facts import charges, moves
from harness.invariants._telling import clock, first_of_each, money, violation


def _misstated(evidence: Evidence) -> list[Violation]:
    """Events that differ from the payment that they tell of: whose it is, its money, its status at that version."""
    rows = evidence.rows(
        """
        WITH suspects AS (
            SELECT event_id FROM sink_events s ANTI JOIN (
                SELECT hash(payment_id, merchant_id, merchant_id, reference, amount_minor, currency) AS said
                FROM payments
            ) ON said = hash(s.payment_id, s.merchant_id, s.told_merchant_id, s.told_reference, s.told_amount_minor,
                s.told_currency)
            WHERE s.signature_ok
            UNION
            SELECT event_id FROM sink_events s ANTI JOIN (
                SELECT hash(payment_id, CAST(version AS BIGINT), to_status) AS said FROM status_history
            ) ON said = hash(s.payment_id, CAST(s.told_version AS BIGINT), s.told_status)
            WHERE s.signature_ok
        )
        SELECT DISTINCT ON (s.event_id) s.event_id AS subject, s.*, p.reference, p.merchant_id AS owner,
            p.amount_minor AS amount_minor, p.currency AS currency, p.payment_id AS known, h.to_status
        FROM sink_events s SEMI JOIN suspects x ON x.event_id = s.event_id
        LEFT JOIN payments p ON p.payment_id = s.payment_id
        LEFT JOIN status_history h ON h.payment_id = s.payment_id AND h.version = s.told_version
        WHERE s.signature_ok AND (p.payment_id IS NULL OR h.to_status IS NULL OR h.to_status <> s.told_status
            OR p.merchant_id <> s.merchant_id OR p.merchant_id <> s.told_merchant_id
            OR p.reference <> s.told_reference OR p.amount_minor <> s.told_amount_minor
            OR p.currency <> s.told_currency)
        ORDER BY s.event_id, s.received_at_us
        """
    )
    return [
        violation(
            row,
            f"event {row['subject']} ({row['type']}, version {row['told_version']}) told {row['merchant_id']} at "
            f"{clock(evidence, row['received_at_us'])} that {row['told_merchant_id']}'s payment "
            f"{row['told_reference']} of {money(row['told_amount_minor'], row['told_currency'])} is "
            f"{row['told_status']}; that version of {row['owner']}'s {row['reference']} of "
            f"{money(row['amount_minor'], row['currency'])} is {row['to_status']}",
            amount_minor=abs((row["told_amount_minor"] or 0) - (row["amount_minor"] or 0)) or row["amount_minor"],
            size=2,
        )
        for row in rows
        if row["known"] is not None
    ]


def _sums(evidence: Evidence) -> str:
    """Return what the gateways took and gave back for each payment; charges that the system took back do not count."""
    return evidence.derive(
        "told_against_moved",
        f"""
        WITH undone AS (SELECT gateway, charge_id FROM {charges(evidence)} WHERE reversed_minor > 0 AND NOT kept)
        SELECT m.payment_id, sum(CASE m.kind WHEN 'capture' THEN m.amount_minor ELSE 0 END) AS captured_minor,
            sum(CASE m.kind WHEN 'refund' THEN m.amount_minor ELSE 0 END) AS refunded_minor,
            sum(CASE m.kind WHEN 'refund_failed' THEN m.amount_minor ELSE 0 END) AS failed_minor
        FROM {moves(evidence)} m ANTI JOIN undone u ON u.gateway = m.gateway AND u.charge_id = m.charge_id
        WHERE m.kind <> 'void' AND NOT m.reversal GROUP BY m.payment_id
        """,
    )


def _off(evidence: Evidence) -> list[Violation]:
    """Events whose captured or refunded amount is more than the gateways ever moved, or, as the payment's last word,
    not what they moved. Where the payment's own row is not what they moved either, that is I16's matter.
    """
    rows = evidence.rows(
        f"""
        WITH moved AS (SELECT hash(payment_id) AS payment, * FROM {_sums(evidence)}),
        plain AS (
            SELECT hash(p.payment_id) AS payment, p.captured_minor, p.refunded_minor,
                CAST(p.version AS BIGINT) AS version
            FROM payments p LEFT JOIN moved m ON m.payment = hash(p.payment_id)
            WHERE p.captured_minor = coalesce(m.captured_minor, 0) AND p.refunded_minor = coalesce(m.refunded_minor, 0)
                AND coalesce(m.failed_minor, 0) = 0
        ), suspects AS (
            SELECT event_id FROM sink_events s ANTI JOIN plain p ON p.payment = hash(s.payment_id)
                AND s.told_captured_minor <= p.captured_minor AND s.told_refunded_minor <= p.refunded_minor
                AND CASE WHEN CAST(s.told_version AS BIGINT) = p.version
                    THEN s.told_captured_minor = p.captured_minor AND s.told_refunded_minor = p.refunded_minor
                    ELSE true END
                AND CASE WHEN s.told_status IN ('authorized', 'canceled', 'failed') THEN s.told_captured_minor = 0
                    ELSE true END
                AND CASE WHEN s.told_status IN ('authorized', 'captured', 'partially_captured')
                    THEN s.told_refunded_minor = 0 ELSE true END
            WHERE s.signature_ok
        )
        SELECT DISTINCT ON (s.event_id) s.event_id AS subject, s.*, p.reference, p.currency AS currency,
            coalesce(m.captured_minor, 0) AS moved_minor, coalesce(m.refunded_minor, 0) AS returned_minor
        FROM sink_events s SEMI JOIN suspects x ON x.event_id = s.event_id
        JOIN payments p ON p.payment_id = s.payment_id
        LEFT JOIN {_sums(evidence)} m ON m.payment_id = s.payment_id
        WHERE s.signature_ok AND p.captured_minor = coalesce(m.captured_minor, 0)
            AND p.refunded_minor = coalesce(m.refunded_minor - m.failed_minor, 0)
            AND (s.told_captured_minor IS NULL OR s.told_refunded_minor IS NULL
                OR s.told_captured_minor > coalesce(m.captured_minor, 0)
                OR s.told_refunded_minor > coalesce(m.refunded_minor, 0)
                OR (s.told_version = p.version AND (s.told_captured_minor <> p.captured_minor
                    OR s.told_refunded_minor <> p.refunded_minor))
                OR (s.told_status IN ('authorized', 'canceled', 'failed') AND s.told_captured_minor <> 0)
                OR (s.told_status IN ('authorized', 'captured', 'partially_captured') AND s.told_refunded_minor <> 0
                    AND m.failed_minor IS NOT DISTINCT FROM 0))
        ORDER BY s.event_id, s.received_at_us
        """
    )
    return [
        violation(
            row,
            f"event {row['subject']} ({row['type']}, {row['reference']}) told {row['merchant_id']} at "
            f"{clock(evidence, row['received_at_us'])} that {money(row['told_captured_minor'], row['currency'])} are "
            f"captured and {money(row['told_refunded_minor'], row['currency'])} refunded as {row['told_status']}; the "
            f"gateways moved {money(row['moved_minor'], row['currency'])} and "
            f"{money(row['returned_minor'], row['currency'])} in all",
            amount_minor=abs((row["told_captured_minor"] or 0) - row["moved_minor"])
            or abs((row["told_refunded_minor"] or 0) - row["returned_minor"]),
            size=2,
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_misstated(evidence), *_off(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count("SELECT count(*) FROM sink_events WHERE signature_ok AND told_captured_minor > 0")


INVARIANT = Invariant(
    id="I52",
    sentence="What merchants are told of a payment is what that version of it is, and what the gateways moved: owner, "
    "reference, status, amounts, currency.",
    kind="safety",
    needs=(
        "payments",
        "status_history",
        "sink_events",
        "gateway_charges",
        "gateway_movements",
        "history",
        "operations",
    ),
    witness=Witness("events that told of money", 20, _count),
    violations=_violations,
)
