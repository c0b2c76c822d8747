"""What the load did, in operations, from the clients' history and the generator's own account."""

from harness.core.arrivals import WINDOW_S, dispersion
from harness.core.evidence import Evidence
from harness.core.report import Burstiness, LoadResult
from harness.objectives.certificate import Certificate, load_certificate
from harness.objectives.workers import lost_workers

_NOBODY = Certificate(0, 0, 0, 0, 0, 0, 0.0, 0.0)

_OUTCOMES = """
    SELECT count(*) FILTER (oks > 0) AS ok, count(*) FILTER (oks = 0 AND unknowns = 0) AS failed,
        count(*) FILTER (oks = 0 AND unknowns > 0) AS unknown
    FROM (
        SELECT count(*) FILTER (outcome = 'OK') AS oks, count(*) FILTER (outcome = 'UNKNOWN') AS unknowns
        FROM history WHERE kind <> 'final_read' GROUP BY op
    )
"""


_LEARNT = """
    WITH doubted AS (
        SELECT op, kind, any_value(merchant_id) AS merchant_id, any_value(reference) AS reference,
            max(coalesce(got_payment_id, payment_id)) AS payment_id,
            max(coalesce(got_refund_id, refund_id)) AS refund_id, min(sent_us) AS sent_us
        FROM history WHERE kind IN ('create', 'capture', 'void', 'refund') GROUP BY op, kind
        HAVING count(*) FILTER (outcome = 'OK') = 0 AND count(*) FILTER (outcome = 'UNKNOWN') > 0
    ), seen AS (
        SELECT kind, merchant_id, reference, got_payment_id, got_refund_id, got_status, got_captured_minor, done_us
        FROM history WHERE kind IN ('get', 'get_refund', 'list', 'final_read') AND outcome = 'OK'
    )
    SELECT count(DISTINCT d.op) FROM doubted d JOIN seen s ON s.merchant_id = d.merchant_id AND s.done_us > d.sent_us
    WHERE CASE d.kind
        WHEN 'refund' THEN s.kind = 'get_refund' AND s.got_refund_id = d.refund_id
            AND s.got_status IN ('succeeded', 'failed')
        WHEN 'create' THEN s.kind <> 'get_refund' AND (s.got_payment_id = d.payment_id
                OR s.kind IN ('list', 'final_read') AND d.payment_id IS NULL AND s.reference = d.reference)
            AND coalesce(s.got_status, CASE s.kind WHEN 'final_read' THEN 'absent' END)
                NOT IN ('created', 'processing', 'requires_action')
        ELSE s.kind <> 'get_refund' AND s.got_payment_id = d.payment_id
            AND (s.got_captured_minor > 0 OR s.got_status IN ('canceled', 'expired', 'failed')) END
"""
"""A payment's end, or a refund's, as its client or the final reads saw it later; or that it was never made, where the
final reads found none under its reference. What merely waits is no end."""

_OUTSIDE = """
    SELECT count(*) FILTER (expect = 'any' AND kind IN ('get', 'list')) AS looks,
        count(*) FILTER (error_code = 'adapter_failed') AS unreadable FROM history
"""


def load_result(evidence: Evidence) -> LoadResult:
    """Return the account of the load.

    `planned` and `dropped` count arrivals (errands), also those of workers that died; `ok`, `failed` and `unknown`
    count the operations that the arrivals came to, each with all its attempts: OK where one succeeded, unknown where
    none did and one is in doubt. An unknown one is no loss where a later read told its end, as with every payment that
    waits for its payer: its answer is a 202.
    """
    seen, learnt = {"ok": 0, "failed": 0, "unknown": 0}, None
    if evidence.has("history"):
        seen, learnt = evidence.rows(_OUTCOMES)[0], evidence.count(_LEARNT)
    outside = evidence.rows(_OUTSIDE)[0] if evidence.from_outside and evidence.has("history") else {}
    told = [event.detail.get("asked") or {} for event in evidence.events_of("books_saved")]
    generator = load_certificate(evidence) or _NOBODY
    plan = evidence.plan["load"]
    lost = lost_workers(evidence)
    return LoadResult(
        planned=generator.planned + sum(item.planned or 0 for item in lost),
        ok=seen["ok"],
        failed=seen["failed"],
        unknown=seen["unknown"],
        dropped=generator.dropped,
        lag_p99_ms=generator.lag_p99_ms,
        rate_per_s=float(plan["rate_per_s"]),
        duration_s=float(plan["duration_s"]),
        workers=(generator.workers + len(lost)) or int(plan.get("workers", 1)),
        cpu_share_max=generator.cpu_share_max,
        lost=lost,
        learnt=learnt,
        looks=outside.get("looks", 0),
        unreadable=outside.get("unreadable", 0),
        asked={name: int(count) for asked in told for name, count in asked.items()},
        burstiness=burstiness(evidence) if evidence.has("history") else None,
        recording=str((plan.get("arrivals") or {}).get("name", "")),
    )


def burstiness(evidence: Evidence) -> Burstiness:
    """Return how bursty the load was: recorded, planned, and as it really reached the system."""
    length_us = evidence.load_end_us - evidence.t0_us
    each = "SELECT {} AS at_us FROM history WHERE kind <> 'final_read' AND arrival IS NOT NULL {}"
    due = each.format("min(due_us)", "GROUP BY arrival")
    first, all_of_them = each.format("min(sent_us)", "GROUP BY arrival"), each.format("sent_us", "")
    planned, arrived, requests = (
        dispersion(_inside(evidence, sql, length_us), length_us) for sql in (due, first, all_of_them)
    )
    recorded = (evidence.plan["load"].get("arrivals") or {}).get("dispersion_recorded")
    return Burstiness(WINDOW_S, recorded, planned, arrived, requests)


def _inside(evidence: Evidence, sql: str, length_us: int) -> list[int]:
    """Return moments from the first arrival on, those within the load."""
    rows = evidence.rows(f"SELECT at_us - ? AS at_us FROM ({sql})", [evidence.t0_us])
    return [row["at_us"] for row in rows if 0 <= row["at_us"] < length_us]
