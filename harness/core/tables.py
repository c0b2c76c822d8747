"""Columns of every table in a run's folder: a public contract. Their types: `column_types`.

Full and empty tables have the same ones.

Times are microseconds since the epoch (UTC), amounts are minor units of the row's currency.
"""

from collections.abc import Mapping

from harness.core.history_columns import HISTORY_COLUMNS

_IDS = "operation_id attempt_id payment_id merchant_id reference gateway_key"

DATABASE_TABLES: Mapping[str, str] = {
    "payments": "payment_id merchant_id reference amount_minor currency exponent capture_mode payment_method status "
    "authorized_minor captured_minor refunded_minor gateway version error_code created_at_us updated_at_us "
    "refund_reserved_minor disputed_minor dispute_state",
    "operations": "operation_id kind payment_id refund_id merchant_id reference idempotency_key amount_minor currency "
    "state resolve_count manual_reason correlation_id created_at_us decided_at_us",
    "attempts": "attempt_id operation_id payment_id gateway seq gateway_key state gateway_ref amount_minor currency "
    "phase http_status code evidence prepared_at_us dispatched_at_us decided_at_us sends",
    "attempt_transitions": "attempt_id operation_id from_state to_state evidence at_us xid",
    "refunds": "refund_id payment_id operation_id merchant_id reference amount_minor currency status created_at_us",
    "disputes": "dispute_id gateway reference attempt_id payment_id merchant_id amount_minor currency reason state "
    "withdrawn_minor fee_minor reinstated_minor opened_at_us updated_at_us",
    "dispute_transitions": "dispute_id payment_id from_state to_state evidence at_us",
    "idempotency_keys": "merchant_id livemode idempotency_key state operation_id status_code body_sha256 "
    "created_at_us completed_at_us",
    "postings": "posting_id journal_id cause account currency amount_minor payment_id operation_id attempt_id "
    "created_at_us",
    "status_history": "payment_id version from_status to_status cause at_us xid",
    "outbox": "event_id merchant_id payment_id type sequence state created_at_us published_at_us",
    "webhook_deliveries": "event_id merchant_id endpoint state attempts last_status created_at_us delivered_at_us",
    "delivery_attempts": "event_id merchant_id sent_at_us http_status error",
    "inbound_events": "gateway event_id type received_at_us processed_at_us deliveries",
    "breaker_transitions": "gateway operation_class from_state to_state version reason process at_us",
    "reconnects": "process lost_at_us back_at_us",
    "audit": "at_us actor action object outcome origin detail request_id",
    "reconciliation_runs": "run_id gateway from_us to_us dry_run asked_by state feed_lines attempts_compared "
    "breaks_found breaks_new repairs left_to_people trusted_until_us trouble started_at_us finished_at_us",
    "reconciliation_breaks": "break_id gateway kind state action reason attempt_id operation_id payment_id line_id "
    "ours theirs amount_minor their_amount_minor currency first_run_id last_run_id found_at_us settled_at_us",
    "settlement_batches": "batch_id merchant_id currency business_date lines captures_minor refunds_minor "
    "disputes_minor adjustments_minor gross_minor fees_minor reserve_minor released_minor net_minor rate_bp "
    "fixed_minor release_on released_by cut_at_us",
    "settlement_lines": "posting_id batch_id kind amount_minor fee_minor",
    "business_dates": "posting_id business_date",
    "settlement_terms": "merchant_id zone cutoff_s reserve_bp reserve_days",
    "subscriptions": "subscription_id merchant_id reference plan_id price_minor currency exponent zone unit unit_count "
    "trial_days started_at_us anchor_us next_period next_start_us paused_at_us ends_at_us end_reason pending_minor "
    "created_at_us read_at_us",
    "subscription_changes": "change_id subscription_id kind at_us from_minor to_minor prorated_minor",
    "invoices": "invoice_id subscription_id merchant_id period starts_at_us ends_at_us amount_minor currency state "
    "tries declines first_declined_at_us due_at_us payment_id created_at_us settled_at_us",
    "invoice_tries": "invoice_id subscription_id period number idempotency_key payment_id outcome code biller at_us",
    "backlog": "kind count",
}
"""The views `books.<name>` of the database, each with its columns."""

GATEWAY_TABLES: Mapping[str, str] = {
    "charges": f"gateway charge_id {_IDS} amount_minor currency status authorized_minor captured_minor refunded_minor "
    "disputed_minor executed created_at_us gateway_amount",
    "movements": f"gateway movement_id charge_id kind {_IDS} amount_minor currency at_us gateway_amount dispute_id",
    "disputes": f"gateway dispute_id charge_id {_IDS} amount_minor currency state status created_at_us updated_at_us "
    "gateway_amount",
    "calls": f"gateway call_id method endpoint {_IDS} correlation_id arrived_at_us answered_at_us http_status result "
    "fault decline_code",
    "fault_hits": "gateway fault_id kind subject at_us",
    "deliveries": "gateway delivery_id event_id type attempt_id status truth fault owed_at_us sent_at_us "
    "answered_at_us http_status",
}
"""The simulators' ledgers, written as `gateway_<name>.parquet` with both gateways in one file."""

GATEWAY_CURRENCIES = "gateway currency decimals exponent step_minor least_minor most_minor source read_on"
"""What the gateways say that they take, written as `gateway_currencies.parquet`: amounts are judged by these rules."""

SINK_EVENTS = (
    "event_id merchant_id payment_id type sequence received_at_us signature_ok body_sha256 http_status answered_at_us "
    "fault redirected told_merchant_id told_status told_version told_amount_minor told_currency told_captured_minor "
    "told_refunded_minor told_reference"
)

LEDGER_SEEN = "seen_at_us posting_id journal_id cause account currency amount_minor"
"""What the ledger already said while the run went on: each posting once, when it was first seen."""

LOG_POSITIONS = "node asked_us answered_us state role timeline flush_bytes started_us"
"""How much of the log each node had on its disk, asked many times a second while the load ran."""

COMMITS = "xid commit_bytes timeline"
"""Where in the log the record of each transaction's commit ends."""

CALLS = "caller callee sent_at_us done_at_us phase http_status about"
"""What the processes called over links, and how far each call got, as they told it in their logs."""

METRICS = "at_us process metric value"
"""Samples of figures while the run went on, written as `metrics.parquet` beside the history."""

ALERTS = "at_us alert metric severity state value"
"""How every alert of the runbook stood when the load began, and each change, written as `alerts.parquet`."""

SCRAPES = "process asked_us answered_us ok trouble"
"""Every time that a process's figures were asked for, and every evaluation of the alerts, as `scrapes.parquet`."""

TABLES: Mapping[str, frozenset[str]] = {
    "history": frozenset(HISTORY_COLUMNS),
    **{
        name: frozenset(columns.split())
        for name, columns in {
            **DATABASE_TABLES,
            **{f"gateway_{name}": columns for name, columns in GATEWAY_TABLES.items()},
            "gateway_currencies": GATEWAY_CURRENCIES,
            "sink_events": SINK_EVENTS,
            "ledger_seen": LEDGER_SEEN,
            "log_positions": LOG_POSITIONS,
            "commits": COMMITS,
            "calls": CALLS,
            "metrics": METRICS,
            "alerts": ALERTS,
            "scrapes": SCRAPES,
        }.items()
    },
}
"""The columns of every table that this version writes, by the name that judges ask for."""
