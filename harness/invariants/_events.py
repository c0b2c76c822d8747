"""Where the events that were recorded and those that were received differ, shared by the invariants about webhooks."""

from harness.core.evidence import Evidence
from harness.invariants._folding import differing, fold

STEP_EVENT = """CASE WHEN cause LIKE 'refund_failed:%' THEN NULL WHEN cause LIKE 'disputed:%'
    THEN 'payment.disputed'
    WHEN starts_with(cause, 'dispute_') THEN 'payment.' || split_part(cause, ':', 1) ELSE CASE to_status
    WHEN 'authorized' THEN 'payment.authorized' WHEN 'captured' THEN 'payment.captured'
    WHEN 'partially_captured' THEN 'payment.captured' WHEN 'canceled' THEN 'payment.canceled'
    WHEN 'failed' THEN 'payment.failed' WHEN 'partially_refunded' THEN 'refund.succeeded'
    WHEN 'refunded' THEN 'refund.succeeded' WHEN 'expired' THEN 'payment.expired'
    WHEN 'requires_action' THEN 'payment.requires_action' END END"""
"""The event that a committed step of a payment is told by. A refund's failure is told by the refund's own row."""

STEP_EVENTS = """('payment.authorized', 'payment.captured', 'payment.canceled', 'payment.failed', 'payment.expired',
    'payment.disputed', 'payment.dispute_opened', 'payment.dispute_updated', 'payment.dispute_closed',
    'payment.requires_action', 'refund.succeeded')"""


def suspect_events(evidence: Evidence) -> str:
    """Return the buckets of events in which those recorded and those received are not the same, each once and well."""
    well = "signature_ok AND http_status BETWEEN 200 AND 299"
    received = f"hash(event_id, merchant_id, CASE WHEN {well} THEN 'well' ELSE 'not well' END)"
    return differing(
        evidence,
        "missing_or_odd_events",
        fold(evidence, "fold_of_recorded", "event_id", "hash(event_id, merchant_id, 'well')", "outbox"),
        fold(evidence, "fold_of_received", "event_id", received, "sink_events"),
    )


def undelivered(evidence: Evidence) -> str:
    """Return the buckets of events in which those marked as published and the deliveries are not the same."""
    published = "outbox SEMI JOIN webhook_deliveries USING (merchant_id) WHERE state = 'published'"
    return differing(
        evidence,
        "undelivered_events",
        fold(evidence, "fold_of_published", "event_id", "hash(event_id)", published),
        fold(evidence, "fold_of_deliveries", "event_id", "hash(event_id)", "webhook_deliveries"),
    )
