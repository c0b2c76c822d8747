"""A capture that its payer disputes: how that opens, what holds and releases its money, and how it ends.

Stages, statuses, outcomes and fields: developer.paypal.com/docs/api/customer-disputes/v1; stages and who acts in them:
developer.paypal.com/docs/disputes/disputes-reference; events: developer.paypal.com/api/rest/webhooks/event-names; read
in parts on 2026-12-01. Here an inquiry holds nothing until it is escalated, decisions take moments instead of days, and
no fee is taken: PayPal bills its own outside of the dispute.
"""

from system.gateways.common import ledger
from system.gateways.common.books import Books
from system.gateways.common.clock import new_id, now_us
from system.gateways.common.disputing import decide_later, entry, moved_on, withdrawn_for
from system.gateways.common.records import Movement, Put, Record
from system.gateways.common.rows import Row
from system.gateways.paypal.desk import notice
from system.gateways.paypal.values import Money, iso

CASE = "case"
"""The table of disputes. (`dispute` and `dispute_reversal` are the feed's lines about their money.)"""

CREATED, UPDATED, RESOLVED = "CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.UPDATED", "CUSTOMER.DISPUTE.RESOLVED"
BUYER, SELLER, CANCELED = "RESOLVED_BUYER_FAVOUR", "RESOLVED_SELLER_FAVOUR", "CANCELED_BY_BUYER"
ENDS = {BUYER: "lost", SELLER: "won", CANCELED: "closed"}
"""The books' word for each outcome."""


def open_dispute(books: Books, timer: Row) -> list[Record]:
    """The payer opens a dispute of a capture, with the merchant (an inquiry) or with PayPal (a claim)."""
    at_us, capture = now_us(), books.state.tables["capture"].get(timer["dispute"])
    if capture is None:
        return []
    captured = ledger.last_movement(books.state.movements, capture["_order"], "capture")
    amount = ledger.disputable(books.state.charges[capture["_order"]])
    if captured is None or not amount:
        return []
    case_id = new_id("PP-D").replace("_", "-").upper()
    made: Row = {
        "id": case_id, "dispute_id": case_id, "create_time": iso(at_us), "update_time": iso(at_us),
        "reason": "UNAUTHORISED", "status": "WAITING_FOR_SELLER_RESPONSE", "dispute_state": "REQUIRED_ACTION",
        "dispute_life_cycle_stage": "CHARGEBACK", "dispute_channel": "INTERNAL",
        "dispute_amount": Money(amount, captured.currency).as_json(), "money_movements": [], "evidences": [],
        "disputed_transactions": [{"seller_transaction_id": capture["id"], "custom": capture["custom_id"]}],
        "_made_us": at_us, "_order": capture["_order"], "_capture": capture["id"],
    }  # fmt: skip
    decided = decide_later(at_us, case_id, timer)
    if timer["inquiry"]:
        made |= {"reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED", "status": "OPEN",
                 "dispute_state": "OPEN_INQUIRIES", "dispute_life_cycle_stage": "INQUIRY"}  # fmt: skip
        row = entry(captured, case_id, amount, "inquiry", "OPEN", at_us)
        return [row, Put(CASE, case_id, made), told(CREATED, made, captured), *decided]
    row = entry(captured, case_id, amount, "needs_response", made["status"], at_us)
    records, made = _hold(books, made, captured, at_us)
    return [row, *records, told(CREATED, made, captured), *decided]


def decide(books: Books, timer: Row) -> list[Record]:
    """PayPal decides a claim; an inquiry is escalated to one, or given up by its payer."""
    made = books.state.tables[CASE].get(timer["decide"])
    if made is None or made["status"] == "RESOLVED":
        return []
    if made["dispute_life_cycle_stage"] == "INQUIRY":
        return escalated(books, made, timer) if timer["escalates"] else ended(books, made, CANCELED)
    return ended(books, made, SELLER if timer["won"] else BUYER)


def escalated(books: Books, made: Row, timer: Row | None = None) -> list[Record]:
    """Turn an inquiry into a claim, which holds the money; where nothing is left of it, the payer has given up."""
    at_us, captured = now_us(), captured_of(books, made)
    left = ledger.disputable(books.state.charges[made["_order"]])
    if not left:
        return ended(books, made, CANCELED)
    changed = {
        **made, "status": "WAITING_FOR_SELLER_RESPONSE", "dispute_state": "REQUIRED_ACTION", "update_time": iso(at_us),
        "dispute_life_cycle_stage": "CHARGEBACK", "dispute_amount": Money(left, captured.currency).as_json(),
    }  # fmt: skip
    records, changed = _hold(books, changed, captured, at_us)
    row = moved_on(books.state.disputes[made["id"]], "needs_response", changed["status"], at_us, left)
    decided = decide_later(at_us, made["id"], timer, step="settle") if timer is not None else []
    return [row, *records, told(UPDATED, changed, captured), *decided]


def ended(books: Books, made: Row, outcome: str) -> list[Record]:
    """Resolve a dispute; where money was held and the merchant keeps it, the hold is canceled."""
    at_us, captured = now_us(), captured_of(books, made)
    taken, records = withdrawn_for(books.state.movements, made["id"]), list[Record]()
    done = {
        **made, "status": "RESOLVED", "dispute_state": "RESOLVED", "update_time": iso(at_us),
        "dispute_outcome": {"outcome_code": outcome},
    }  # fmt: skip
    if taken is not None and outcome != BUYER:
        charge, back = ledger.reinstate(at_us, books.state.charges[made["_order"]], taken, new_id("DPR"))
        done["money_movements"] = [*made["money_movements"], _money_movement("CREDIT", taken, at_us)]
        records += [charge, back, _line(done, taken, "dispute_reversal", at_us)]
    if taken is not None and outcome == BUYER:
        done["dispute_outcome"]["amount_refunded"] = made["dispute_amount"]
    state = "won" if outcome == CANCELED and taken is not None else "closed" if taken is None else ENDS[outcome]
    row = moved_on(books.state.disputes[made["id"]], state, "RESOLVED", at_us)
    return [row, *records, Put(CASE, made["id"], done), told(RESOLVED, done, captured)]


def answered(books: Books, made: Row, evidence: Row, at_us: int) -> list[Record]:
    """Take the merchant's evidence: from now on PayPal looks at it."""
    changed = {
        **made, "status": "UNDER_REVIEW", "dispute_state": "UNDER_PAYPAL_REVIEW", "update_time": iso(at_us),
        "evidences": [*made["evidences"], evidence],
    }  # fmt: skip
    row = moved_on(books.state.disputes[made["id"]], "under_review", "UNDER_REVIEW", at_us)
    return [row, Put(CASE, made["id"], changed), told(UPDATED, changed, captured_of(books, made))]


def captured_of(books: Books, made: Row) -> Movement:
    """Return the movement that took the money which is disputed."""
    captured = ledger.last_movement(books.state.movements, made["_order"], "capture")
    assert captured is not None, "only captures are disputed"
    return captured


def told(type_: str, made: Row, captured: Movement) -> Record:
    """Return the webhook that tells of a dispute's new state."""
    return notice(type_, "dispute", made, captured.gateway_key, captured.payment_id)


def _hold(books: Books, made: Row, captured: Movement, at_us: int) -> tuple[list[Record], Row]:
    """Hold the disputed money; return what changes, and the dispute that tells of it."""
    charge, taken = ledger.dispute(at_us, books.state.charges[made["_order"]], captured, new_id("DPM"), made["id"])
    changed = {**made, "money_movements": [*made["money_movements"], _money_movement("DEBIT", taken, at_us)]}
    return [charge, taken, Put(CASE, made["id"], changed), _line(changed, taken, "dispute", at_us)], changed


def _money_movement(type_: str, taken: Movement, at_us: int) -> Row:
    amount = Money(taken.amount_minor, taken.currency).as_json()
    return {"affected_party": "SELLER", "amount": amount, "initiated_time": iso(at_us), "type": type_,
            "reason": "DISPUTE_SETTLEMENT"}  # fmt: skip


def _line(made: Row, taken: Movement, table: str, at_us: int) -> Put:
    """Return the feed's line about a dispute's money."""
    custom_id = made["disputed_transactions"][0]["custom"]
    line: Row = {
        "id": made["id"] if table == "dispute" else f"{made['id']}-R", "status": "COMPLETED",
        "amount": Money(taken.amount_minor, taken.currency).as_json(), "custom_id": custom_id, "invoice_id": "",
        "create_time": iso(at_us), "_capture": made["_capture"], "_made_us": at_us, "_table": table,
        "metadata": {"custom_id": custom_id},
    }  # fmt: skip
    return Put(table, line["id"], line)
