"""Disputes: how they open, what withdraws and reinstates their money, how they are answered, and how they end.

Statuses and fields: docs.stripe.com/api/disputes/object, read in part on 2026-12-01. The disputed amount and a fee are
debited when a dispute (not an inquiry) opens: support.stripe.com/questions/dispute-fees-faq, read on 2026-12-01. One
edition of that page says that a dispute that is won brings the fee back, and another does not: here the amount comes
back alone. What evidence decides in test mode follows docs.stripe.com/testing, which was not read again. A bank's
decision takes moments instead of weeks, and a fee is only taken in the currencies below: Stripe would convert it.
"""

from system.gateways.common import ledger
from system.gateways.common.books import Books
from system.gateways.common.clock import new_id, now_us
from system.gateways.common.disputing import decide_later, entry, moved_on, withdrawn_for
from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.records import Movement, Put, Record
from system.gateways.common.rows import Row
from system.gateways.common.timers import due
from system.gateways.stripe import objects, values
from system.gateways.stripe.desk import Desk, told_by_itself
from system.gateways.stripe.errors import StripeError, invalid

FEES = {"usd": 1500, "eur": 2000, "gbp": 2000}
"""What a dispute costs, in the currency's smallest unit: USD 15 is what Stripe takes; the others are of its size, and
assumed, for the price differs by country."""

STATES = {
    "warning_needs_response": "inquiry", "warning_under_review": "inquiry", "warning_closed": "closed",
    "needs_response": "needs_response", "under_review": "under_review", "won": "won", "lost": "lost",
}  # fmt: skip
"""The books' word for each status."""
ANSWERABLE = ("warning_needs_response", "needs_response")
OPEN = (*ANSWERABLE, "warning_under_review", "under_review")

DECISIVE = {
    "winning_evidence": {"won": True, "escalates": False},
    "losing_evidence": {"won": False, "escalates": False},
    "escalate_inquiry_evidence": {"won": False, "escalates": True},
}
"""What these texts as `uncategorized_text` make the bank decide."""
EVIDENCE_LENGTH_MAX = 150_000


def open_dispute(books: Books, timer: Row) -> list[Record]:
    """The payer disputes a charge: their bank asks about it, or takes its money back at once."""
    tables, at_us = books.state.tables, now_us()
    intent = tables["payment_intent"].get(timer["dispute"])
    captured = ledger.last_movement(books.state.movements, timer["dispute"], "capture")
    amount = ledger.disputable(books.state.charges[timer["dispute"]]) if captured is not None else 0
    if intent is None or captured is None or not amount:
        return []
    charge: Row = tables["charge"].get(intent["latest_charge"]) or {}
    status = ANSWERABLE[0] if timer["inquiry"] else ANSWERABLE[1]
    made = objects.dispute(charge, amount, at_us // 1_000_000, status)
    row = entry(captured, made["id"], amount, STATES[status], status, at_us)
    flagged: list[Record] = [row, Put("charge", charge["id"], {**charge, "disputed": True})]
    decided = decide_later(at_us, made["id"], timer)
    if timer["inquiry"]:
        return [*flagged, Put("dispute", made["id"], made), *_told("charge.dispute.created", made, captured), *decided]
    records, made = _withdraw(books, made, captured, at_us)
    events = [
        *_told("charge.dispute.created", made, captured),
        *_told("charge.dispute.funds_withdrawn", made, captured),
    ]
    return [*flagged, *records, *events, *decided]


def decide(books: Books, timer: Row) -> list[Record]:
    """The bank decides: for the merchant or the payer; of an inquiry, whether it becomes a dispute at all."""
    made = books.state.tables["dispute"].get(timer["decide"])
    if made is None or made["status"] not in OPEN:
        return []
    captured = ledger.last_movement(books.state.movements, made["payment_intent"], "capture")
    assert captured is not None, "only what was captured is disputed"
    if made["status"].startswith("warning"):
        return _of_inquiry(books, made, captured, timer)
    return _end(books, made, captured, "won" if timer["won"] else "lost")


def _of_inquiry(books: Books, made: Row, captured: Movement, timer: Row) -> list[Record]:
    at_us, left = now_us(), ledger.disputable(books.state.charges[made["payment_intent"]])
    if not timer["escalates"] or not left:
        return _end(books, made, captured, "warning_closed")
    escalated = {**made, "status": "needs_response", "amount": left, "is_charge_refundable": False}
    records, escalated = _withdraw(books, escalated, captured, at_us)
    row = moved_on(books.state.disputes[made["id"]], "needs_response", "needs_response", at_us, left)
    events = [
        *_told("charge.dispute.updated", escalated, captured),
        *_told("charge.dispute.funds_withdrawn", escalated, captured),
    ]
    return [row, *records, *events, *decide_later(at_us, made["id"], timer, step="settle")]


def _withdraw(books: Books, made: Row, captured: Movement, at_us: int) -> tuple[list[Record], Row]:
    """Take the money and the fee; return what changes, and the dispute with its line of the balance."""
    charge, fee = books.state.charges[made["payment_intent"]], FEES.get(made["currency"], 0)
    after, taken = ledger.dispute(at_us, charge, captured, new_id("dpm"), made["id"])
    line = objects.balance_transaction(made, "adjustment", -taken.amount_minor, at_us // 1_000_000)
    line |= {"reporting_category": "dispute", "fee": fee, "net": -taken.amount_minor - fee}
    if fee:
        line["fee_details"] = [{"amount": fee, "application": None, "currency": made["currency"],
                                "description": "Dispute fee", "type": "stripe_fee"}]  # fmt: skip
    told = {**made, "balance_transactions": [line]}
    costs = [ledger.dispute_fee(taken, fee, new_id("dpf"))] if fee else []
    return [after, taken, *costs, Put("dispute", told["id"], told), Put("balance_transaction", line["id"], line)], told


def _end(books: Books, made: Row, captured: Movement, status: str) -> list[Record]:
    """Close a dispute; one that is won gives its money back, and not its fee."""
    at_us, records = now_us(), list[Record]()
    done = {**made, "status": status}
    taken = withdrawn_for(books.state.movements, made["id"])
    if status == "won" and taken is not None:
        charge, back = ledger.reinstate(at_us, books.state.charges[made["payment_intent"]], taken, new_id("dpr"))
        line = objects.balance_transaction(made, "adjustment", taken.amount_minor, at_us // 1_000_000)
        line |= {"reporting_category": "dispute_reversal"}
        done["balance_transactions"] = [*made["balance_transactions"], line]
        records += [charge, back, Put("balance_transaction", line["id"], line)]
        records += _told("charge.dispute.funds_reinstated", done, captured)
    row = moved_on(books.state.disputes[made["id"]], STATES[status], status, at_us)
    return [row, *records, Put("dispute", done["id"], done), *_told("charge.dispute.closed", done, captured)]


def update(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/disputes/{id}``: metadata, and evidence, which goes to the bank unless ``submit`` is false."""
    made, fields = desk.find("dispute", exchange.arguments[0]), exchange.fields
    changed = {**made, "metadata": values.merged(made["metadata"], fields)}
    given = _evidence(made, fields)
    if given:
        changed = _answered(changed, given, submitted=values.text(fields, "submit", "true") != "false")
    captured = ledger.last_movement(desk.books.state.movements, made["payment_intent"], "capture")
    assert captured is not None, "only what was captured is disputed"
    row = moved_on(desk.books.state.disputes[made["id"]], STATES[changed["status"]], changed["status"], batch.at_us)
    batch.records += [row, *_told("charge.dispute.updated", desk.put(batch, "dispute", changed), captured)]
    outcome = (
        DECISIVE.get(str(changed["evidence"]["uncategorized_text"])) if changed["status"] not in ANSWERABLE else None
    )
    if outcome is not None and made["status"] in ANSWERABLE:
        soon = batch.at_us + int(desk.settings.dispute_ms * 1000)
        facts = {"decide": made["id"], "decided_ms": 0.0, **outcome}
        batch.add(due(f"answer_{made['id']}", soon, facts))
    return desk.ok(exchange, changed, "not_executed")


def close(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/disputes/{id}/close``: the merchant has nothing to say, and loses; irreversible."""
    made = desk.find("dispute", exchange.arguments[0])
    if made["status"] not in OPEN:
        raise _closed(made)
    captured = ledger.last_movement(desk.books.state.movements, made["payment_intent"], "capture")
    assert captured is not None, "only what was captured is disputed"
    batch.records += _end(desk.books, made, captured, "warning_closed" if "warning" in made["status"] else "lost")
    return desk.ok(
        exchange, {**made, "status": "warning_closed" if "warning" in made["status"] else "lost"}, "executed"
    )


def _evidence(made: Row, fields: Row) -> Row:
    """Return the evidence that was sent, {} for none. Raises StripeError."""
    given = fields.get("evidence", {})
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise invalid("Invalid object: evidence", param="evidence")
    unknown = sorted(given.keys() - objects.EVIDENCE)
    if unknown:
        message = f"Received unknown parameter: evidence[{unknown[0][:40]}]"
        raise invalid(message, code="parameter_unknown", param=f"evidence[{unknown[0][:40]}]")
    if sum(len(value) for value in given.values()) > EVIDENCE_LENGTH_MAX:
        raise invalid(f"The evidence must be no more than {EVIDENCE_LENGTH_MAX} characters in all.", param="evidence")
    if given and made["status"] not in ANSWERABLE:
        raise _closed(made)
    return given


def _answered(made: Row, given: Row, *, submitted: bool) -> Row:
    details = {**made["evidence_details"], "has_evidence": True}
    answered = {**made, "evidence": {**made["evidence"], **given}, "evidence_details": details}
    if submitted:
        details["submission_count"] += 1
        answered["status"] = "warning_under_review" if made["status"].startswith("warning") else "under_review"
    return answered


def _closed(made: Row) -> StripeError:
    message = f"This dispute can no longer be answered: its status is {made['status']}."
    return invalid(message, code="dispute_unexpected_state", keep=True)


def _told(type_: str, made: Row, captured: Movement) -> list[Record]:
    return [*told_by_itself(type_, made, captured.payment_id or made["payment_intent"], captured.gateway_key)]
