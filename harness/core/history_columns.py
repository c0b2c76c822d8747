"""The columns of `history.parquet`, by name, with their DuckDB types. `docs/evidence.md` says what each means."""

from collections.abc import Mapping

INVOKE_COLUMNS: Mapping[str, str] = {
    "op": "VARCHAR",
    "attempt": "INTEGER",
    "kind": "VARCHAR",
    "flow": "VARCHAR",
    "arrival": "BIGINT",
    "merchant_id": "VARCHAR",
    "idempotency_key": "VARCHAR",
    "payload_hash": "VARCHAR",
    "reference": "VARCHAR",
    "payment_id": "VARCHAR",
    "refund_id": "VARCHAR",
    "amount_minor": "BIGINT",
    "currency": "VARCHAR",
    "exponent": "INTEGER",
    "amount_form": "VARCHAR",
    "capture_mode": "VARCHAR",
    "payment_method": "VARCHAR",
    "expect": "VARCHAR",
    "replica": "VARCHAR",
    "correlation_id": "VARCHAR",
    "due_us": "BIGINT",
    "sent_us": "BIGINT",
    "worker": "VARCHAR",
}
"""Written before a request is sent. (`op`, `attempt`) is the key that joins both halves."""

COMPLETE_COLUMNS: Mapping[str, str] = {
    "done_us": "BIGINT",
    "outcome": "VARCHAR",
    "http_status": "INTEGER",
    "error_code": "VARCHAR",
    "error": "VARCHAR",
    "definite": "BOOLEAN",
    "replayed": "BOOLEAN",
    "body_sha256": "VARCHAR",
    "got_payment_id": "VARCHAR",
    "got_refund_id": "VARCHAR",
    "got_status": "VARCHAR",
    "got_amount_minor": "BIGINT",
    "got_currency": "VARCHAR",
    "got_captured_minor": "BIGINT",
    "got_refunded_minor": "BIGINT",
    "got_version": "BIGINT",
    "got_gateway": "VARCHAR",
    "got_merchant_id": "VARCHAR",
}
"""Written when the answer, or the failure to get one, is known."""

HISTORY_COLUMNS: Mapping[str, str] = {**INVOKE_COLUMNS, **COMPLETE_COLUMNS}
"""One row of `history.parquet` for each attempt."""
