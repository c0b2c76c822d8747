"""Makes run folders of any size out of nothing: sound histories with their books, for benchmarks of the judge.

One client operation in twelve kinds of errand, written by set operations in DuckDB straight to Parquet: a million
operations take seconds and little memory. `bad` plants that many violations of a kind, evenly over the run.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from harness.core.column_types import schema
from harness.core.errors import UsageError
from harness.core.quoting import quoted
from harness.core.tables import (
    COMMITS,
    DATABASE_TABLES,
    GATEWAY_CURRENCIES,
    GATEWAY_TABLES,
    LEDGER_SEEN,
    LOG_POSITIONS,
    SINK_EVENTS,
)

T0_US = 1_800_000_000_000_000
RATE_PER_S = 500
KINDS_OF_BAD = ("double_charge", "lost_booking", "float_cent", "orphan")

STATES = {
    "initial": "created",
    "edges": [
        ["created", "processing"],
        ["processing", "authorized"],
        ["processing", "captured"],
        ["processing", "failed"],
        ["authorized", "captured"],
        ["authorized", "canceled"],
        ["captured", "partially_refunded"],
        ["captured", "refunded"],
        ["partially_refunded", "refunded"],
    ],
    "terminal": ["refunded", "failed", "canceled"],
}


@dataclass(frozen=True)
class Synthetic:
    """How big, and how bad. `operations` counts client operations (creations, captures, refunds, reads)."""

    operations: int
    bad: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = set(self.bad) - set(KINDS_OF_BAD)
        if unknown:
            raise UsageError(
                f"unknown kind of violation: {', '.join(unknown)}", hint=f"valid: {', '.join(KINDS_OF_BAD)}"
            )


# Each arrival i is one errand by i % 20: 0-12 sale, 13-14 sale and refund, 15 authorise and capture, 16 decline,
# 17 sale whose answer is lost and asked for again, 18 sale under a key that another payload tries to reuse,
# 19 sale refused by the first gateway and made at the second; every sixth arrival also reads its payment at the other
# replica, every twelfth twice.
_ARRIVALS = """
    CREATE TABLE arrivals AS
    SELECT i, i % 20 AS errand, lpad(CAST(i AS VARCHAR), 18, '0') AS n,
        ['m_alpha', 'm_beta', 'm_gamma', 'm_delta'][1 + i % 4] AS merchant_id,
        ['EUR', 'JPY', 'KWD', 'USD'][1 + i % 4] AS currency, [2, 0, 3, 2][1 + i % 4] AS exponent,
        100 + (i * 7919) % 100000 AS amount_minor,
        CASE WHEN i % 20 = 19 THEN 'paypal' ELSE 'stripe' END AS gateway,
        $t0 + i * 1000000 // $rate AS at_us
    FROM range($arrivals) t(i)
"""

_HISTORY = """
    WITH asked AS (
        SELECT *, 'create' AS kind, 0 AS step, 1 AS attempt FROM arrivals
        UNION ALL SELECT *, 'create', 0, 2 FROM arrivals WHERE errand = 17
        UNION ALL SELECT *, 'create', 1, 1 FROM arrivals WHERE errand = 18
        UNION ALL SELECT *, 'refund', 1, 1 FROM arrivals WHERE errand IN (13, 14)
        UNION ALL SELECT *, 'capture', 1, 1 FROM arrivals WHERE errand = 15
        UNION ALL SELECT *, 'get', 2, 1 FROM arrivals WHERE i % 6 = 0
        UNION ALL SELECT *, 'get', 3, 1 FROM arrivals WHERE i % 12 = 0
    ), told AS (
        SELECT *, CASE
            WHEN errand = 16 AND kind = 'create' THEN 'FAILED' WHEN errand = 17 AND kind = 'create' THEN 'UNKNOWN'
            WHEN errand = 18 AND step = 1 THEN 'FAILED' ELSE 'OK' END AS outcome,
            kind = 'create' AND errand = 18 AND step = 1 AS reuse, kind = 'create' AND errand = 17 AS lost
        FROM asked
    )
    SELECT 'c' || n || step AS op, attempt, kind, 'synthetic' AS flow, i AS arrival, merchant_id,
        CASE WHEN kind = 'get' THEN NULL WHEN kind = 'create' THEN 'key-' || n ELSE 'key-' || n || '-' || kind END
            AS idempotency_key,
        md5(n || kind || reuse) AS payload_hash,
        CASE WHEN reuse THEN 'ord-' || n || '-reuse' WHEN kind IN ('create', 'get') THEN 'ord-' || n
            ELSE 'ord-' || n || '-' || kind END AS reference,
        CASE WHEN kind <> 'create' THEN 'pay_' || n END AS payment_id, CAST(NULL AS VARCHAR) AS refund_id,
        CASE WHEN kind = 'get' THEN NULL WHEN reuse THEN amount_minor + 1 WHEN kind = 'refund' THEN amount_minor // 2
            ELSE amount_minor END AS amount_minor,
        currency, CAST(exponent AS INTEGER) AS exponent, 'minor' AS amount_form,
        CASE WHEN errand = 15 THEN 'manual' ELSE 'automatic' END AS capture_mode, 'pm_card_visa' AS payment_method,
        CASE WHEN errand = 16 THEN 'decline' WHEN reuse THEN 'refuse' ELSE 'succeed' END AS expect,
        ['api1', 'api2'][1 + (i + (step = 2)::INT) % 2] AS replica, 'cor-' || n || step AS correlation_id,
        at_us + step * 40000 + attempt * 1000 AS due_us, at_us + step * 40000 + attempt * 1000 + 40 AS sent_us,
        '0' AS worker,
        CASE WHEN lost AND attempt = 1 THEN NULL ELSE at_us + step * 40000 + attempt * 1000 + 9000 + i % 4000 END
            AS done_us,
        outcome,
        CAST(CASE WHEN lost THEN CASE attempt WHEN 1 THEN NULL ELSE 202 END WHEN reuse THEN 422
            WHEN outcome = 'FAILED' THEN 402 WHEN kind = 'create' OR kind = 'refund' THEN 201 ELSE 200 END AS INTEGER)
            AS http_status,
        CASE WHEN reuse THEN 'idempotency_key_reused' WHEN outcome = 'FAILED' THEN 'card_declined' END AS error_code,
        CASE WHEN lost AND attempt = 1 THEN 'no_completion' END AS error, outcome <> 'UNKNOWN' AS definite,
        false AS replayed, md5('body' || n || kind || reuse) || md5(n) AS body_sha256,
        CASE WHEN reuse OR (lost AND attempt = 1) THEN NULL ELSE 'pay_' || n END AS got_payment_id,
        CASE WHEN kind = 'refund' THEN 're_' || n END AS got_refund_id,
        CASE WHEN reuse OR (lost AND attempt = 1) THEN NULL WHEN kind = 'refund' THEN 'succeeded'
            WHEN lost THEN 'processing' WHEN kind = 'get' AND errand IN (13, 14) THEN 'partially_refunded'
            WHEN errand = 16 THEN 'failed' WHEN errand = 15 AND kind = 'create' THEN 'authorized'
            ELSE 'captured' END AS got_status,
        CASE WHEN reuse OR (lost AND attempt = 1) THEN NULL WHEN kind = 'refund' THEN amount_minor // 2
            ELSE amount_minor END AS got_amount_minor,
        CASE WHEN reuse OR (lost AND attempt = 1) THEN NULL ELSE currency END AS got_currency,
        CAST(NULL AS BIGINT) AS got_captured_minor, CAST(NULL AS BIGINT) AS got_refunded_minor,
        CASE WHEN reuse OR kind = 'refund' OR (lost AND attempt = 1) THEN NULL WHEN lost THEN 2
            WHEN kind = 'capture' OR (kind = 'get' AND errand IN (13, 14, 15)) THEN 4 ELSE 3 END AS got_version,
        gateway AS got_gateway, merchant_id AS got_merchant_id
    FROM told
"""

# What our platform did: one row for each operation, from which attempts, money and events follow.
_WORK = """
    CREATE TABLE work AS
    SELECT *, CASE errand WHEN 15 THEN 'authorize' ELSE 'sale' END AS kind, 'ord-' || n AS reference,
        'op_' || n || 'a' AS operation_id, 'att_' || n || 'a' AS attempt_id, 'key-' || n AS idempotency_key,
        amount_minor AS moved_minor, CASE errand WHEN 16 THEN 'declined' ELSE 'succeeded' END AS state,
        at_us + 2000 AS begun_us, 'cor-' || n || '0' AS correlation_id,
        CASE errand WHEN 15 THEN 'payment.authorized' WHEN 16 THEN 'payment.failed' ELSE 'payment.captured' END
            AS event FROM arrivals
    UNION ALL
    SELECT *, CASE errand WHEN 15 THEN 'capture' ELSE 'refund' END,
        'ord-' || n || CASE errand WHEN 15 THEN '-capture' ELSE '-refund' END, 'op_' || n || 'b', 'att_' || n || 'b',
        'key-' || n || CASE errand WHEN 15 THEN '-capture' ELSE '-refund' END,
        CASE errand WHEN 15 THEN amount_minor ELSE amount_minor // 2 END, 'succeeded', at_us + 42000,
        'cor-' || n || '1', CASE errand WHEN 15 THEN 'payment.captured' ELSE 'refund.succeeded' END
    FROM arrivals WHERE errand IN (13, 14, 15)
"""

_BOOKS: Mapping[str, str] = {
    "payments": """
        SELECT 'pay_' || n AS payment_id, merchant_id, 'ord-' || n AS reference, amount_minor, currency,
            CAST(exponent AS BIGINT) AS exponent,
            CASE errand WHEN 15 THEN 'manual' ELSE 'automatic' END AS capture_mode,
            'pm_card_visa' AS payment_method, CASE WHEN errand = 16 THEN 'failed'
            WHEN errand IN (13, 14) THEN 'partially_refunded' ELSE 'captured' END AS status,
            CASE errand WHEN 16 THEN 0 ELSE amount_minor END AS authorized_minor,
            CASE errand WHEN 16 THEN 0 ELSE amount_minor END AS captured_minor,
            CASE WHEN errand IN (13, 14) THEN amount_minor // 2 ELSE 0 END AS refunded_minor, gateway,
            CASE WHEN errand IN (13, 14) THEN amount_minor // 2 ELSE 0 END AS refund_reserved_minor,
            CAST(0 AS BIGINT) AS disputed_minor, CAST(NULL AS VARCHAR) AS dispute_state,
            CASE WHEN errand IN (13, 14, 15) THEN 4 ELSE 3 END AS version, CAST(NULL AS VARCHAR) AS error_code,
            at_us AS created_at_us, at_us + 50000 AS updated_at_us FROM arrivals""",
    "operations": """
        SELECT operation_id, kind, 'pay_' || n AS payment_id, CASE kind WHEN 'refund' THEN 're_' || n END AS refund_id,
            merchant_id, reference, idempotency_key, moved_minor AS amount_minor, currency, state,
            CAST(0 AS BIGINT) AS resolve_count, CAST(NULL AS VARCHAR) AS manual_reason, correlation_id,
            begun_us AS created_at_us, begun_us + 6000 AS decided_at_us FROM work""",
    "attempts": """
        SELECT attempt_id, operation_id, 'pay_' || n AS payment_id, gateway,
            CASE errand WHEN 19 THEN 2 ELSE 1 END AS seq, attempt_id AS gateway_key, state, 'ref' AS gateway_ref,
            moved_minor AS amount_minor, currency, 'answered' AS phase, CAST(200 AS BIGINT) AS http_status, '' AS code,
            'reply' AS evidence, begun_us AS prepared_at_us, begun_us + 500 AS dispatched_at_us,
            begun_us + 6000 AS decided_at_us, CAST(1 AS BIGINT) AS sends FROM work
        UNION ALL
        SELECT 'att_' || n || 'z', 'op_' || n || 'a', 'pay_' || n, 'stripe', 1, 'att_' || n || 'z', 'not_executed', '',
            amount_minor, currency, 'refused', NULL, 'refused', 'transport', at_us + 500, at_us + 600, at_us + 900, 1
        FROM arrivals WHERE errand = 19""",
    "attempt_transitions": """
        SELECT attempt_id, operation_id, t.before AS from_state, t.after AS to_state, t.evidence,
            begun_us + t.late AS at_us, begun_us + t.late - $t0 AS xid
        FROM work, (VALUES ('', 'prepared', 'request', 0), ('prepared', 'dispatched', 'request', 500))
            t(before, after, evidence, late)
        UNION ALL SELECT attempt_id, operation_id, CASE errand WHEN 17 THEN 'unknown' ELSE 'dispatched' END, state,
            CASE errand WHEN 17 THEN 'resend' ELSE 'reply' END, begun_us + 6000, begun_us + 6000 - $t0 FROM work
        UNION ALL SELECT attempt_id, operation_id, 'dispatched', 'unknown', 'timeout', begun_us + 3000,
            begun_us + 3000 - $t0 FROM work
            WHERE errand = 17
        UNION ALL SELECT 'att_' || n || 'z', 'op_' || n || 'a', t.before, t.after, 'transport', at_us + t.late,
            at_us + t.late - $t0
        FROM arrivals, (VALUES ('', 'prepared', 500), ('prepared', 'dispatched', 600),
            ('dispatched', 'not_executed', 900)) t(before, after, late) WHERE errand = 19""",
    "refunds": """
        SELECT 're_' || n AS refund_id, 'pay_' || n AS payment_id, operation_id, merchant_id, reference,
            moved_minor AS amount_minor, currency, 'succeeded' AS status, begun_us AS created_at_us
        FROM work WHERE kind = 'refund'""",
    "postings": """
        SELECT i * 4 + (kind IN ('capture', 'refund'))::INT * 2 + side AS posting_id,
            i * 4 + (kind IN ('capture', 'refund'))::INT AS journal_id,
            CASE kind WHEN 'refund' THEN 'refund:' ELSE 'capture:' END || attempt_id AS cause,
            CASE side WHEN 0 THEN 'gateway:' || gateway || ':clearing' ELSE 'merchant:' || merchant_id || ':payable' END
                AS account,
            currency, moved_minor * CASE WHEN (side = 0) = (kind <> 'refund') THEN 1 ELSE -1 END AS amount_minor,
            'pay_' || n AS payment_id, operation_id, attempt_id, begun_us + 6000 AS created_at_us
        FROM work, range(2) s(side) WHERE kind <> 'authorize' AND state = 'succeeded'
            AND NOT coalesce(i % $lost_booking_every = 0, false)""",
    "ledger_seen": """
        SELECT begun_us + 500000 AS seen_at_us, i * 4 + (kind IN ('capture', 'refund'))::INT * 2 + side AS posting_id,
            i * 4 + (kind IN ('capture', 'refund'))::INT AS journal_id,
            CASE kind WHEN 'refund' THEN 'refund:' ELSE 'capture:' END || attempt_id AS cause,
            CASE side WHEN 0 THEN 'gateway:' || gateway || ':clearing' ELSE 'merchant:' || merchant_id || ':payable' END
                AS account,
            currency, moved_minor * CASE WHEN (side = 0) = (kind <> 'refund') THEN 1 ELSE -1 END AS amount_minor
        FROM work, range(2) s(side) WHERE kind <> 'authorize' AND state = 'succeeded'
            AND NOT coalesce(i % $lost_booking_every = 0, false)""",
    "status_history": """
        SELECT 'pay_' || n AS payment_id, t.version, t.before AS from_status, t.after AS to_status, 'op' AS cause,
            at_us + t.version * 1000 AS at_us, at_us + t.version * 1000 - $t0 AS xid
        FROM arrivals, (VALUES (1, '', 'created'), (2, 'created', 'processing')) t(version, before, after)
        UNION ALL SELECT 'pay_' || n, 3, 'processing', CASE errand WHEN 16 THEN 'failed' WHEN 15 THEN 'authorized'
            ELSE 'captured' END, 'op', at_us + 8000, at_us + 8000 - $t0 FROM arrivals
        UNION ALL SELECT 'pay_' || n, 4, CASE errand WHEN 15 THEN 'authorized' ELSE 'captured' END,
            CASE errand WHEN 15 THEN 'captured' ELSE 'partially_refunded' END, 'op', at_us + 48000,
            at_us + 48000 - $t0
        FROM arrivals WHERE errand IN (13, 14, 15)""",
    "commits": """
        SELECT at_us - $t0 AS xid, at_us - $t0 AS commit_bytes, CAST(1 AS BIGINT) AS timeline
        FROM (SELECT DISTINCT at_us FROM (
            SELECT begun_us + t.late AS at_us FROM work, (VALUES (0), (6000)) t(late)
            UNION ALL SELECT at_us + t.late FROM arrivals, (VALUES (1000), (2000), (8000), (48000)) t(late)))""",
    "log_positions": """
        SELECT 'pg-' || letter AS node, at_us AS asked_us, at_us + 300 AS answered_us, 'up' AS state,
            CASE letter WHEN 'a' THEN 'primary' ELSE 'standby' END AS role, CAST(1 AS BIGINT) AS timeline,
            at_us - $t0 AS flush_bytes, $t0 - 1 AS started_us
        FROM (SELECT $t0 + step * 50000 AS at_us FROM range($arrivals * 20 // $rate + 200) s(step)),
            (VALUES ('a'), ('b'), ('c')) n(letter)""",
    "outbox": """
        SELECT 'evt_' || n || kind AS event_id, merchant_id, 'pay_' || n AS payment_id, event AS type,
            CASE WHEN kind IN ('capture', 'refund') THEN 2 ELSE 1 END AS sequence, 'published' AS state,
            begun_us + 6000 AS created_at_us,
            begun_us + 60000 AS published_at_us FROM work""",
    "webhook_deliveries": """
        SELECT 'evt_' || n || kind AS event_id, merchant_id, 'http://127.0.0.1/sink' AS endpoint, 'delivered' AS state,
            CAST(1 AS BIGINT) AS attempts, CAST(200 AS BIGINT) AS last_status, begun_us AS created_at_us,
            begun_us AS delivered_at_us FROM work""",
    "delivery_attempts": """
        SELECT 'evt_' || n || kind AS event_id, merchant_id, begun_us AS sent_at_us,
            CAST(200 AS BIGINT) AS http_status, CAST(NULL AS VARCHAR) AS error FROM work""",
    "sink_events": """
        SELECT 'evt_' || n || kind AS event_id, merchant_id, 'pay_' || n AS payment_id, event AS type,
            CASE WHEN kind IN ('capture', 'refund') THEN 2 ELSE 1 END AS sequence,
            begun_us + 61000 AS received_at_us, true AS signature_ok,
            md5(n || kind) || md5(n) AS body_sha256, CAST(200 AS BIGINT) AS http_status,
            begun_us + 61500 AS answered_at_us, '' AS fault, false AS redirected, merchant_id AS told_merchant_id,
            CASE event WHEN 'payment.captured' THEN 'captured' WHEN 'payment.authorized' THEN 'authorized'
                WHEN 'payment.failed' THEN 'failed' ELSE 'partially_refunded' END AS told_status,
            CAST(CASE WHEN kind IN ('capture', 'refund') THEN 4 ELSE 3 END AS BIGINT) AS told_version,
            amount_minor AS told_amount_minor, currency AS told_currency,
            CASE WHEN event IN ('payment.failed', 'payment.authorized') THEN 0 ELSE amount_minor END
                AS told_captured_minor,
            CASE kind WHEN 'refund' THEN moved_minor ELSE 0 END AS told_refunded_minor,
            'ord-' || n AS told_reference FROM work""",
    "subscriptions": """
        SELECT '' AS subscription_id, '' AS merchant_id, '' AS reference, '' AS plan_id, $t0 AS price_minor,
            '' AS currency, CAST(2 AS BIGINT) AS exponent, '' AS zone, '' AS unit, $t0 AS unit_count, $t0 AS trial_days,
            $t0 AS started_at_us, $t0 AS anchor_us, $t0 AS next_period, $t0 AS next_start_us, $t0 AS paused_at_us,
            $t0 AS ends_at_us, '' AS end_reason, $t0 AS pending_minor, $t0 AS created_at_us, $t0 AS read_at_us
        LIMIT 0""",
    "subscription_changes": """
        SELECT $t0 AS change_id, '' AS subscription_id, '' AS kind, $t0 AS at_us, $t0 AS from_minor, $t0 AS to_minor,
            $t0 AS prorated_minor LIMIT 0""",
    "invoices": """
        SELECT '' AS invoice_id, '' AS subscription_id, '' AS merchant_id, $t0 AS period, $t0 AS starts_at_us,
            $t0 AS ends_at_us, $t0 AS amount_minor, '' AS currency, '' AS state, $t0 AS tries, $t0 AS declines,
            $t0 AS first_declined_at_us, $t0 AS due_at_us, '' AS payment_id, $t0 AS created_at_us,
            $t0 AS settled_at_us LIMIT 0""",
    "invoice_tries": """
        SELECT '' AS invoice_id, '' AS subscription_id, $t0 AS period, $t0 AS number, '' AS idempotency_key,
            '' AS payment_id, '' AS outcome, '' AS code, '' AS biller, $t0 AS at_us LIMIT 0""",
    "inbound_events": """
        SELECT 'stripe' AS gateway, '' AS event_id, '' AS type, $t0 AS received_at_us, $t0 AS processed_at_us,
            CAST(1 AS BIGINT) AS deliveries LIMIT 0""",
    "breaker_transitions": """
        SELECT 'stripe' AS gateway, 'charge' AS operation_class, 'closed' AS from_state, 'open' AS to_state,
            CAST(2 AS BIGINT) AS version, 'failures' AS reason, 'api1' AS process, $t0 AS at_us LIMIT 0""",
    "gateway_charges": """
        SELECT gateway, 'ch_' || n AS charge_id, operation_id, attempt_id, 'pay_' || n AS payment_id, merchant_id,
            reference, attempt_id AS gateway_key,
            amount_minor - coalesce(i % $float_cent_every = 0, false)::INT AS amount_minor, currency,
            CASE errand WHEN 16 THEN 'declined' ELSE 'captured' END AS status,
            CASE errand WHEN 16 THEN 0 ELSE amount_minor END AS authorized_minor,
            CASE errand WHEN 16 THEN 0 ELSE amount_minor END AS captured_minor,
            CASE WHEN errand IN (13, 14) THEN amount_minor // 2 ELSE 0 END AS refunded_minor,
            errand <> 16 AS executed, begun_us + 2000 AS created_at_us FROM work WHERE kind IN ('sale', 'authorize')
        UNION ALL
        SELECT 'paypal', 'ch_' || n || '_again', operation_id, attempt_id || '_again', 'pay_' || n, merchant_id,
            reference, attempt_id, amount_minor, currency, 'authorized', amount_minor, 0, 0, true, begun_us + 3000
        FROM work WHERE kind = 'sale' AND i % $double_charge_every = 0
        UNION ALL
        SELECT 'stripe', 'ch_' || n || '_orphan', '', '', '', '', '', '', amount_minor, currency, 'authorized',
            amount_minor, 0, 0, true, begun_us FROM work WHERE kind = 'sale' AND i % $orphan_every = 0""",
    "gateway_movements": """
        SELECT gateway, 'mv_' || n || kind AS movement_id, 'ch_' || n AS charge_id,
            CASE kind WHEN 'sale' THEN 'capture' ELSE kind END AS kind, operation_id, attempt_id,
            'pay_' || n AS payment_id, merchant_id, reference, attempt_id AS gateway_key, moved_minor AS amount_minor,
            currency, begun_us + 2000 AS at_us FROM work WHERE state = 'succeeded'""",
    "gateway_deliveries": """
        SELECT gateway, 'whd_' || n || kind AS delivery_id, 'evt_gw_' || n || kind AS event_id,
            'payment_intent.succeeded' AS type, attempt_id, 'succeeded' AS status, 'genuine' AS truth, '' AS fault,
            begun_us + 2000 AS owed_at_us, begun_us + 3000 AS sent_at_us, begun_us + 9000 AS answered_at_us,
            CAST(200 AS BIGINT) AS http_status FROM work WHERE state = 'succeeded'""",
    "gateway_calls": """
        SELECT gateway, 'call_' || n || kind || again AS call_id, 'POST' AS method,
            CASE WHEN kind IN ('sale', 'authorize') THEN 'create' ELSE kind END AS endpoint, operation_id, attempt_id,
            'pay_' || n AS payment_id, merchant_id, reference, attempt_id AS gateway_key, correlation_id,
            begun_us + 1000 + again * 500000 AS arrived_at_us, begun_us + 5000 + again * 500000 AS answered_at_us,
            CAST(CASE errand WHEN 16 THEN 402 ELSE 200 END AS BIGINT) AS http_status,
            CASE WHEN again = 1 THEN 'replayed' WHEN errand = 16 THEN 'declined' ELSE 'executed' END AS result,
            '' AS fault
        FROM work, range(2) r(again) WHERE again = 0 OR errand = 17""",
}


TABLES: Mapping[str, str] = {
    **DATABASE_TABLES,
    **{f"gateway_{name}": columns for name, columns in GATEWAY_TABLES.items()},
    "gateway_currencies": GATEWAY_CURRENCIES,
    "sink_events": SINK_EVENTS,
    "ledger_seen": LEDGER_SEEN,
    "commits": COMMITS,
    "log_positions": LOG_POSITIONS,
}
_DUCKDB = {"int64": "BIGINT", "string": "VARCHAR", "bool": "BOOLEAN"}

_METRICS = """
    SELECT at_us, 'api' || (1 + i % 2) AS process, 'transaction_idle_s' AS metric, 0.0::DOUBLE AS value
    FROM arrivals WHERE i % 10 = 0"""
"""Looks at the sessions of the database: nobody holds anything."""


def make_run(folder: Path, size: Synthetic, *, memory_limit: str = "600MB") -> Path:
    """Write a run's folder of that size and return it."""
    arrivals = max(
        20, size.operations * 20 // 29
    )  # 1 + (1 reuse + 2 refunds + 1 capture)/20 + 1/6 + 1/12 operations each
    (folder / "books").mkdir(parents=True, exist_ok=True)
    (folder / "raw").mkdir(exist_ok=True)
    numbers = {"t0": T0_US, "rate": RATE_PER_S, "arrivals": arrivals}
    every = {f"{kind}_every": _every(arrivals, size.bad.get(kind, 0)) for kind in KINDS_OF_BAD}
    database = duckdb.connect(
        str(folder / "raw" / "making.duckdb"),
        config={"memory_limit": memory_limit, "threads": 2, "temp_directory": str(folder / "raw" / "spill")},
    )
    try:
        database.execute("SET preserve_insertion_order = false")
        for statement in (_ARRIVALS, _WORK):
            database.execute(_filled(statement, {**numbers, **every}))
        _save(database, _HISTORY, folder / "history.parquet")
        _save(database, _METRICS, folder / "metrics.parquet")
        for name, sql in _BOOKS.items():
            whole = _whole(database, _filled(sql, {**numbers, **every}), TABLES[name])
            _save(database, whole, folder / "books" / f"{name}.parquet")
        for name in set(TABLES) - set(_BOOKS):
            pq.write_table(schema(TABLES[name]).empty_table(), folder / "books" / f"{name}.parquet")
    finally:
        database.close()
        (folder / "raw" / "making.duckdb").unlink(missing_ok=True)
    _papers(folder, arrivals)
    return folder


def _every(arrivals: int, wanted: int) -> int | None:
    """Return the distance between planted violations; they fall on arrivals that are plain sales (0 modulo 20)."""
    return max(20, arrivals // wanted // 20 * 20) if wanted else None


def _filled(sql: str, numbers: Mapping[str, int | None]) -> str:
    for name in sorted(numbers, key=len, reverse=True):
        value = numbers[name]
        sql = sql.replace(f"${name}", "NULL" if value is None else str(value))
    return sql


def _whole(database: duckdb.DuckDBPyConnection, sql: str, columns: str) -> str:
    """Return the query with every column that the table has; those that it says nothing of are null."""
    made = {str(row[0]) for row in database.execute(f"DESCRIBE {sql}").fetchall()}
    lacking = [column for column in schema(columns) if column.name not in made]
    nulls = "".join(f", CAST(NULL AS {_DUCKDB[str(column.type)]}) AS {column.name}" for column in lacking)
    return f"SELECT *{nulls} FROM ({sql})"


def _save(database: duckdb.DuckDBPyConnection, sql: str, path: Path) -> None:
    database.execute(f"COPY ({sql}) TO {quoted(path)} (FORMAT parquet, COMPRESSION zstd)")


def _papers(folder: Path, arrivals: int) -> None:
    """Write everything of the folder that is not a table."""
    end_us = T0_US + (arrivals + 1) * 1_000_000 // RATE_PER_S
    plan = {
        "schema_version": 1,
        "run_id": folder.name,
        "scenario": "synthetic",
        "title": "Made up",
        "claim": "It is sound.",
        "seed": 1,
        "bug": None,
        "target": "none",
        "t0_us": T0_US,
        "load": {"rate_per_s": RATE_PER_S, "duration_s": (end_us - T0_US) / 1e6, "workers": 1, "minimum_ok": 1},
        "faults": [],
        "must_hold": [],
        "should_meet": [],
        "settings": {},
        "repeat": "",
        "started_at": "2027-01-15T08:00:00Z",
    }
    events = [
        {"at_us": end_us, "kind": "settled", "seconds": 1.0, "backlog": {}, "drained": True},
        {"at_us": end_us, "kind": "final_reads", "references": 0, "unread": 0, "finished": True},
    ]
    load = {"worker": "0", "planned": arrivals, "fired": arrivals, "completed": arrivals, "dropped": 0,
            "in_flight_at_end": 0, "lag_p99_ms": 0.2, "cpu_share": 0.5}  # fmt: skip
    (folder / "plan.json").write_text(json.dumps(plan))
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    (folder / "raw" / "load-0.json").write_text(json.dumps(load))
    (folder / "books" / "states.json").write_text(json.dumps(STATES))
