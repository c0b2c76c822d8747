"""Finds everything a run wrote down about one logical payment, joined by merchant and merchant's reference."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.core.evidence import Evidence
from reports.tables import Row, where_in

_PAYMENTS_MAX = 4
_ROWS_MAX = 400

_WANTED = {
    "history": "kind op attempt merchant_id idempotency_key reference payment_id amount_minor currency replica "
    "sent_us done_us outcome http_status error_code error replayed got_payment_id got_status got_captured_minor "
    "got_refunded_minor expect",
    "operations": "operation_id kind payment_id merchant_id reference amount_minor currency state created_at_us "
    "decided_at_us",
    "attempts": "attempt_id operation_id payment_id gateway seq gateway_key state phase amount_minor currency "
    "prepared_at_us dispatched_at_us decided_at_us evidence",
    "attempt_transitions": "attempt_id operation_id from_state to_state evidence at_us",
    "gateway_calls": "gateway method endpoint attempt_id payment_id reference gateway_key arrived_at_us "
    "answered_at_us http_status result fault",
    "gateway_movements": "gateway movement_id charge_id kind attempt_id payment_id reference amount_minor currency "
    "at_us",
    "postings": "journal_id cause account currency amount_minor payment_id created_at_us",
    "status_history": "payment_id version from_status to_status cause at_us",
    "payments": "payment_id merchant_id reference amount_minor currency status captured_minor refunded_minor",
    "outbox": "event_id payment_id type created_at_us",
    "sink_events": "event_id payment_id type received_at_us http_status signature_ok",
    "delivery_attempts": "event_id sent_at_us http_status error",
}
_WHEN = {
    "attempt_transitions": "at_us",
    "gateway_calls": "arrived_at_us",
    "gateway_movements": "at_us",
    "postings": "created_at_us",
    "status_history": "at_us",
    "sink_events": "received_at_us",
    "delivery_attempts": "sent_at_us",
}
"""What nobody timed cannot be told as a story."""
_TOLD = ("history", "attempts", "gateway_calls", "gateway_movements", "postings", "status_history", "sink_events")
_SUBJECTS = {
    "payments": ("payment_id",),
    "operations": ("operation_id", "idempotency_key", "payment_id", "refund_id"),
    "refunds": ("refund_id",),
    "attempts": ("attempt_id", "gateway_key", "gateway_ref"),
    "gateway_charges": ("charge_id", "payment_id"),
    "gateway_movements": ("movement_id", "charge_id"),
    "postings": ("journal_id", "cause", "posting_id"),
    "outbox": ("event_id",),
    "history": ("idempotency_key", "op", "got_payment_id"),
}


@dataclass(frozen=True)
class Trace:
    """All rows about one logical payment, by table, and which of the tables the run lacks."""

    references: tuple[str, ...]
    payment_ids: tuple[str, ...]
    tables: dict[str, list[Row]]
    missing: tuple[str, ...]

    def of(self, table: str) -> list[Row]:
        """Return the rows of a table, empty where it was not collected."""
        return self.tables.get(table, [])


def trace(evidence: Evidence, *, reference: str, subject: str = "") -> Trace | None:
    """Return what the run knows of the payment with this reference, else of whatever has the id `subject`.

    None where no table knows either.
    """
    payment_ids = _payments_of(evidence, reference) if reference else _payments_behind(evidence, subject)
    if not reference and not payment_ids:
        return None
    own = [row["reference"] for row in where_in(evidence, "payments", ["reference"], [("payment_id", payment_ids)])]
    references = _distinct([reference, *own])
    keys: list[tuple[str, Sequence[str]]] = [("reference", references), ("payment_id", payment_ids)]
    tables = {"history": _rows(evidence, "history", [*keys, ("got_payment_id", payment_ids)])}
    for table in ("operations", "attempts", "gateway_movements", "postings", "status_history", "payments"):
        tables[table] = _rows(evidence, table, keys)
    attempt_ids = _distinct(row["attempt_id"] for row in tables["attempts"])
    tables["attempt_transitions"] = _rows(evidence, "attempt_transitions", [("attempt_id", attempt_ids)])
    tables["gateway_calls"] = _rows(evidence, "gateway_calls", [*keys, ("attempt_id", attempt_ids)])
    for table in ("outbox", "sink_events"):
        tables[table] = _rows(evidence, table, [("payment_id", payment_ids)])
    event_ids = _distinct(row["event_id"] for row in tables["outbox"])
    tables["delivery_attempts"] = _rows(evidence, "delivery_attempts", [("event_id", event_ids)])
    if not any(tables.values()):
        return None
    missing = tuple(table for table in _TOLD if not evidence.has(table))
    return Trace(tuple(references), tuple(payment_ids), tables, missing)


def _rows(evidence: Evidence, table: str, keys: Iterable[tuple[str, Sequence[str]]]) -> list[Row]:
    found = where_in(evidence, table, _WANTED[table].split(), keys)
    when = _WHEN.get(table)
    return [row for row in found if when is None or row[when] is not None][:_ROWS_MAX]


def _distinct(values: Iterable[object]) -> list[str]:
    return list(dict.fromkeys(str(value) for value in values if value))


def _payments_of(evidence: Evidence, reference: str) -> list[str]:
    keys = [("reference", [reference])]
    found: list[object] = []
    for table in ("payments", "operations", "gateway_calls", "gateway_movements", "refunds"):
        found += [row["payment_id"] for row in where_in(evidence, table, ["payment_id"], keys)]
    for row in where_in(evidence, "history", ["kind", "payment_id", "got_payment_id"], keys):
        found += [row["payment_id"], row["got_payment_id"]] if row["kind"] != "list" else []
    return sorted(_distinct(found))[:_PAYMENTS_MAX]


def _payments_behind(evidence: Evidence, subject: str) -> list[str]:
    if not subject:
        return []
    found: list[object] = []
    for table, columns in _SUBJECTS.items():
        wanted = "got_payment_id" if table == "history" else "payment_id"
        rows = where_in(evidence, table, [wanted], [(column, [subject]) for column in columns])
        found += [row[wanted] for row in rows]
    return sorted(_distinct(found))[:_PAYMENTS_MAX]
