"""The table of crash points: who died where, when it was back, and what became of the payments in its hands."""

from harness.core.crashes import Crash
from harness.core.evidence import Event, Evidence

NEVER_MADE = "never made"

_REQUESTED = """
    SELECT DISTINCT h.merchant_id, h.reference, h.payment_id FROM history h
    WHERE h.replica = $process AND h.kind IN ('create', 'capture', 'void', 'refund')
        AND h.sent_us <= $at_us AND coalesce(h.done_us, 9e18) > $at_us
"""
"""What clients had asked a replica for and had no answer to."""

_UNFINISHED = """
    SELECT DISTINCT p.merchant_id, p.reference, p.payment_id FROM payments p WHERE p.payment_id IN (
        SELECT payment_id FROM operations
            WHERE created_at_us <= $at_us AND coalesce(decided_at_us, 9e18) > $at_us
        UNION ALL
        SELECT o.payment_id FROM outbox o LEFT JOIN webhook_deliveries d USING (event_id)
            WHERE o.created_at_us <= $at_us AND coalesce(d.delivered_at_us, 9e18) > $at_us)
"""
"""What the worker had still to resolve, publish or deliver."""


def crashes(evidence: Evidence) -> tuple[Crash, ...]:
    """Return a line for each crash point that was reached, and for each that a sweep was to reach and nobody did."""
    seen = [event for event in evidence.events_of("fault_seen") if event.detail.get("crash_point")]
    found = [_crash(evidence, event) for event in seen]
    swept = [str(name) for event in evidence.events_of("fault_seen") for name in event.detail.get("crash_points", ())]
    reached = {item.point for item in found}
    return (*found, *(Crash(name) for name in dict.fromkeys(swept) if name not in reached))


def _crash(evidence: Evidence, event: Event) -> Crash:
    told = event.detail
    at_us, process = int(told["reached_at_us"]), str(told["process"])
    back_us = _back_us(evidence, event)
    became = _became(evidence, process, at_us)
    return Crash(
        point=str(told["crash_point"]),
        meaning=str(told.get("meaning", "")),
        process=process,
        reached_s=round((at_us - evidence.t0_us) / 1e6, 3),
        back_after_s=None if back_us is None else round((back_us - at_us) / 1e6, 3),
        in_flight=sum(became.values()),
        became=became,
    )


def _back_us(evidence: Evidence, event: Event) -> int | None:
    """Return when the process answered again: its restart was seen, or the fault was healed, which waits for it."""
    for later in evidence.events_of("fault_seen", "fault_healed"):
        if later.at_us < event.at_us:
            continue
        if later.kind == "fault_healed" and later.detail.get("fault_id") == event.detail.get("fault_id"):
            return later.at_us
        if later.detail.get("back_after") == event.detail.get("died"):
            return int(later.detail["back_at_us"])
    return None


def _became(evidence: Evidence, process: str, at_us: int) -> dict[str, int]:
    """Return what the payments in flight are in the books, by status."""
    if not evidence.has("history", "payments", "operations", "outbox", "webhook_deliveries"):
        return {}
    concerned = _UNFINISHED if process == "worker" else _REQUESTED
    bound = concerned.replace("$at_us", str(at_us)).replace("$process", f"'{process}'")
    rows = evidence.rows(
        f"""
        SELECT coalesce(p.status, '{NEVER_MADE}') AS status, count(*) AS payments
        FROM (SELECT DISTINCT coalesce(b.payment_id, a.payment_id) AS payment_id, a.merchant_id,
                CASE WHEN coalesce(b.payment_id, a.payment_id) IS NULL THEN a.reference END AS reference
            FROM ({bound}) a LEFT JOIN payments b
            ON b.merchant_id = a.merchant_id AND b.reference = a.reference) x
        LEFT JOIN payments p ON p.payment_id = x.payment_id
        GROUP BY status ORDER BY payments DESC, status
        """
    )
    return {str(row["status"]): int(row["payments"]) for row in rows}
