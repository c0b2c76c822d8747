"""I2: what was promised to a client survives (RPO 0)."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._facts import differing_answers, failed_refunds
from harness.invariants._telling import clock, first_of_each, money, some, violation


def _reachable(evidence: Evidence) -> str:
    """Return SQL values (acknowledged, stored): what a stored status may be after a status was acknowledged."""
    edges = [tuple(edge) for edge in evidence.states.get("edges", [])]
    names = {name for edge in edges for name in edge} | {str(evidence.states.get("initial", "created"))}
    pairs = {(name, name) for name in names}
    grown = True
    while grown:
        more = {(start, after) for start, end in pairs for before, after in edges if before == end}
        grown = not more <= pairs
        pairs |= more
    return ", ".join(f"('{a}', '{b}')" for a, b in sorted(pairs))


def _payments(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"""
        SELECT a.got_payment_id AS subject, a.got_status AS status, max(a.merchant_id) AS merchant_id,
            max(a.reference) AS reference, max(a.got_version) AS version, max(a.got_amount_minor) AS amount_minor,
            max(a.got_currency) AS currency, max(a.got_captured_minor) AS captured_minor, max(a.done_us) AS done_us,
            max(p.payment_id) AS found, max(p.status) AS stored, max(p.merchant_id) AS owner,
            max(p.amount_minor) AS stored_minor, max(p.currency) AS stored_currency, max(p.version) AS stored_version,
            max(p.captured_minor) AS stored_captured_minor
        FROM {differing_answers(evidence)} a LEFT JOIN payments p ON p.payment_id = a.got_payment_id
        LEFT JOIN (VALUES {_reachable(evidence)}) r(ack, stored) ON r.ack = a.got_status AND r.stored = p.status
        WHERE a.http_status IN (200, 201, 202) AND (p.payment_id IS NULL OR p.merchant_id <> a.merchant_id
                OR p.version < a.got_version OR p.amount_minor <> a.got_amount_minor OR p.currency <> a.got_currency
                OR p.captured_minor < a.got_captured_minor OR (r.ack IS NULL AND a.got_status <> ''))
        GROUP BY a.got_payment_id, a.got_status ORDER BY done_us
        """
    )
    found = []
    for row in rows:
        ack = (
            f"payment {row['subject']} ({row['reference']}) was acknowledged as {row['status']}, "
            f"{money(row['amount_minor'], row['currency'])}, by {clock(evidence, row['done_us'])}"
        )
        if row["found"] is None:
            what = f"{ack}, but the database does not hold it"
        else:
            what = (
                f"{ack}, for {row['merchant_id']}, version {row['version']}, {row['captured_minor']} captured; "
                f"the database says {row['stored']}, {money(row['stored_minor'], row['stored_currency'])}, "
                f"for {row['owner']}, version {row['stored_version']}, {row['stored_captured_minor']} captured"
            )
        found.append(violation(row, what, size=2))
    return found


def _refunds(evidence: Evidence) -> list[Violation]:
    """A refund that its gateway took back has to be failed by now, which I44 judges."""
    rows = evidence.rows(
        f"""
        SELECT h.got_refund_id AS subject, max(h.reference) AS reference, max(h.got_amount_minor) AS amount_minor,
            max(h.got_currency) AS currency, max(h.done_us) AS done_us, max(r.amount_minor) AS stored_minor,
            max(r.status) AS status
        FROM history h LEFT JOIN refunds r ON r.refund_id = h.got_refund_id
        WHERE h.kind = 'refund' AND h.got_refund_id <> '' AND h.outcome = 'OK' AND h.http_status IN (200, 201)
            AND (r.refund_id IS NULL OR r.amount_minor <> h.got_amount_minor OR r.merchant_id <> h.merchant_id
                OR (r.status <> 'succeeded' AND NOT EXISTS (
                    SELECT 1 FROM {failed_refunds(evidence)} f WHERE f.operation_id = r.operation_id)))
        GROUP BY h.got_refund_id
        """
    )
    return [
        violation(
            row,
            f"refund {row['subject']} ({row['reference']}) of {money(row['amount_minor'], row['currency'])} was "
            f"acknowledged by {clock(evidence, row['done_us'])}; the database holds "
            + (f"{row['stored_minor']}, {row['status']}" if row["status"] else "no such refund of that merchant"),
            size=2,
        )
        for row in rows
    ]


def _unread(evidence: Evidence) -> list[Violation]:
    """Payments that the final read of their reference does not show, although it was answered."""
    rows = evidence.rows(
        """
        WITH reads AS (
            SELECT merchant_id, reference, list(DISTINCT got_payment_id) FILTER (got_payment_id <> '') AS shown,
                max(done_us) AS read_us
            FROM history WHERE kind = 'final_read' AND outcome = 'OK' GROUP BY merchant_id, reference
        )
        SELECT h.got_payment_id AS subject, h.merchant_id, h.reference, max(h.amount_minor) AS amount_minor,
            max(h.currency) AS currency, min(h.done_us) AS done_us, any_value(r.shown) AS shown,
            max(r.read_us) AS read_us
        FROM history h JOIN reads r ON r.merchant_id = h.merchant_id AND r.reference = h.reference
        WHERE h.kind = 'create' AND h.outcome = 'OK' AND h.got_payment_id <> ''
            AND NOT coalesce(list_contains(r.shown, h.got_payment_id), false)
        GROUP BY h.got_payment_id, h.merchant_id, h.reference ORDER BY done_us
        """
    )
    return [
        violation(
            row,
            f"payment {row['subject']} ({row['reference']}) of {row['merchant_id']}, "
            f"{money(row['amount_minor'], row['currency'])}, was acknowledged by {clock(evidence, row['done_us'])}, "
            f"but read again by its reference at {clock(evidence, row['read_us'])} the API shows "
            + (some(sorted(row["shown"])) if row["shown"] else "no payment"),
            size=2,
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_payments(evidence), *_refunds(evidence), *_unread(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count("SELECT count(*) FROM history WHERE kind = 'create' AND outcome = 'OK'")


INVARIANT = Invariant(
    id="I2",
    sentence="Every acknowledged payment is in the database with its amount, currency, merchant and at least the "
    "acknowledged status, and is found again by its reference.",
    kind="safety",
    needs=("history", "payments", "refunds", "states", "gateway_movements"),
    spares=("refunds", "gateway_movements"),
    witness=Witness("payments acknowledged to a client", 20, _count),
    violations=_violations,
)
