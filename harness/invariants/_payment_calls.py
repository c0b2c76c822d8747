"""The history of one payment as calls of the sequential payment (see `_payment_object`)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from harness.core.evidence import Evidence
from harness.invariants._facts import failed_refunds
from harness.invariants._payment_object import ENDED, Act, What
from harness.linearizability import Call


class Row(NamedTuple):
    """One attempt of a client operation, with the payment that it is about. Columns as in docs/evidence.md."""

    subject: str
    sent_us: int
    done_us: int | None
    op: str
    kind: str
    idempotency_key: str | None
    reference: str | None
    refund_id: str | None
    amount_minor: int | None
    payment_minor: int | None
    currency: str | None
    capture_mode: str | None
    outcome: str
    http_status: int | None
    shown: bool
    got_status: str | None
    got_version: int | None
    got_captured_minor: int | None
    got_refunded_minor: int | None
    taken_back: bool


def payment_rows(evidence: Evidence) -> str:
    """Return each attempt about a payment that somebody did or saw more with than to make it.

    A payment with one answered creation and nothing else has one order only, which every answer allows. Those whom the
    payment is none of (another merchant's, a key used for something else) are told nothing of it.
    """
    return evidence.derive(
        "payment_calls",
        f"""
        WITH about AS (
            SELECT *, CASE WHEN kind = 'create' THEN got_payment_id ELSE payment_id END AS subject FROM history
            WHERE kind IN ('create', 'capture', 'void', 'refund', 'get', 'get_refund') AND expect <> 'refuse'
        ), made AS (
            SELECT subject, merchant_id, any_value(idempotency_key) AS idempotency_key,
                any_value(got_amount_minor) AS payment_minor, any_value(capture_mode) AS capture_mode,
                any_value(reference) AS reference, any_value(currency) AS currency
            FROM about WHERE kind = 'create' AND subject <> '' GROUP BY subject, merchant_id
        ), busy AS (
            SELECT m.* FROM made m JOIN (
                SELECT subject FROM about WHERE subject <> '' GROUP BY subject
                HAVING count(*) > 1 OR bool_or(kind <> 'create')
            ) b USING (subject)
        ), named AS (
            SELECT a.*, b.payment_minor, b.capture_mode AS mode, b.reference AS called
            FROM about a JOIN busy b ON b.merchant_id = a.merchant_id AND b.subject = a.subject
            UNION ALL
            SELECT a.* REPLACE (b.subject AS subject), b.payment_minor, b.capture_mode AS mode, b.reference AS called
            FROM about a JOIN busy b ON b.merchant_id = a.merchant_id AND b.idempotency_key = a.idempotency_key
            WHERE a.kind = 'create' AND coalesce(a.subject, '') = ''
        )
        SELECT subject, sent_us, done_us, op, kind, idempotency_key, called AS reference,
            CASE WHEN kind = 'refund' THEN got_refund_id ELSE refund_id END AS refund_id, amount_minor, payment_minor,
            currency, mode AS capture_mode, outcome, http_status,
            kind NOT IN ('refund', 'get_refund') AND coalesce(got_status, '') <> '' AND NOT coalesce(replayed, false)
                AS shown,
            got_status, got_version, got_captured_minor, got_refunded_minor,
            {_taken_back(evidence)} AS taken_back
        FROM named
        """,
    )


def _taken_back(evidence: Evidence) -> str:
    """Return the condition for a refund that its gateway says to have failed after all."""
    if not evidence.has("gateway_movements"):
        return "false"
    return f"""(kind = 'refund' AND EXISTS (SELECT 1 FROM {failed_refunds(evidence)} f
        WHERE f.merchant_id = named.merchant_id AND f.reference = named.reference))"""


def calls_of(rows: Sequence[Row]) -> Iterator[Call[Act]]:
    """Yield the calls of one payment. What certainly did nothing is left out; what was shown is a look of its own."""
    refunds = _by_key(row for row in rows if row.kind == "refund")
    numbers = {row.refund_id: number for number, asked in enumerate(refunds) for row in asked if row.refund_id}
    yield from _creation(rows)
    for number, asked in enumerate(refunds):
        yield from _change("refund", asked, number)
    for asked in _by_key(row for row in rows if row.kind == "capture"):
        yield from _change("capture", asked)
    for asked in _by_key(row for row in rows if row.kind == "void"):
        yield from _change("void", asked)
    if any(row.got_status in ENDED for row in rows):
        # Whoever ended it: an end that nobody saw explains nothing.
        yield Call(Act("lapse"), rows[0].sent_us)
    for row in rows:
        if row.done_us is None:
            continue
        if row.kind == "get" and row.http_status == 404:
            yield Call(Act("look", row.op, status="absent"), row.sent_us, _end(row))
        elif row.shown:
            yield Call(_look(row), row.sent_us, _end(row))
        elif row.kind == "get_refund" and row.got_status and row.refund_id in numbers:
            seen = Act("look_refund", row.op, number=numbers[row.refund_id], status=row.got_status)
            yield Call(seen, row.sent_us, _end(row))


def _look(row: Row) -> Act:
    return Act(
        "look",
        row.op,
        status=row.got_status or "",
        version=row.got_version,
        captured_minor=row.got_captured_minor,
        refunded_minor=row.got_refunded_minor,
    )


def _creation(rows: Sequence[Row]) -> Iterator[Call[Act]]:
    """Yield the claim and the decision. Both are the platform's, so only a look says when they were made."""
    asked = [row for row in rows if row.kind == "create"]
    sent_us = min(row.sent_us for row in asked)
    yield Call(Act("create", asked[0].op), sent_us)
    done = _done(asked)
    yield Call(Act("approve", asked[0].op), sent_us, done)
    if done is None:
        yield Call(Act("refuse", asked[0].op), sent_us)


def _change(what: What, asked: Sequence[Row], number: int = 0) -> Iterator[Call[Act]]:
    """Yield one capture, void or refund: what was asked under one key, by whomever and how often."""
    if all(row.outcome == "FAILED" for row in asked):
        return
    first = min(asked, key=lambda row: row.sent_us)
    act = Act(what, first.op, first.amount_minor or 0, number)
    yield Call(act, first.sent_us, _done(asked))
    if any(row.taken_back for row in asked):
        yield Call(Act("take_back", first.op, act.amount_minor, number), first.sent_us)


def _by_key(rows: Iterable[Row]) -> list[list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.idempotency_key or row.op, []).append(row)
    return list(groups.values())


def _done(asked: Sequence[Row]) -> int | None:
    """Return when the first of these attempts was told that it is done; None where nobody was."""
    return min((_end(row) for row in asked if row.outcome == "OK" and row.done_us is not None), default=None)


def _end(row: Row) -> int:
    """Return when the answer was there: never before the request was sent, whatever a worker's clock did."""
    return max(row.sent_us, row.done_us or 0)
