"""``/v1/customer/disputes``: listing, reading and answering disputes, and deciding them as the sandbox lets one."""

from itertools import islice

from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.rows import Row
from system.gateways.paypal import disputes
from system.gateways.paypal.desk import Desk, public
from system.gateways.paypal.errors import invalid, unprocessable
from system.gateways.paypal.values import moment, text

PATH = "/v1/customer/disputes"
PAGE_SIZE_MAX = 50
SUMMARY = (
    "dispute_id", "create_time", "update_time", "disputed_transactions", "reason", "status", "dispute_state",
    "dispute_amount", "dispute_life_cycle_stage", "dispute_channel",
)  # fmt: skip
"""What a list shows of each; `money_movements` and the outcome are among its details."""
OUTCOMES = {"BUYER_FAVOR": disputes.BUYER, "SELLER_FAVOR": disputes.SELLER}
EVIDENCE_TYPES = frozenset({
    "PROOF_OF_FULFILLMENT", "PROOF_OF_REFUND", "PROOF_OF_DELIVERY_SIGNATURE", "PROOF_OF_RECEIPT_COPY",
    "RETURN_POLICY", "BILLING_AGREEMENT", "PROOF_OF_RESHIPMENT", "ITEM_DESCRIPTION", "POLICE_REPORT", "AFFIDAVIT",
    "PAID_WITH_OTHER_METHOD", "COPY_OF_CONTRACT", "TERMINAL_ATM_RECEIPT", "PRICE_DIFFERENCE_REASON",
    "SOURCE_CONVERSION_RATE", "BANK_STATEMENT", "CREDIT_DUE_REASON", "REQUEST_CREDIT_RECEIPT", "PROOF_OF_RETURN",
    "CREATE", "CHANGE_REASON", "OTHER"
})  # fmt: skip


def listing(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``GET /v1/customer/disputes``: newest first; of one transaction, or since a time."""
    fields = exchange.fields
    size, after = _size(fields), text(fields, "next_page_token")
    wanted, start = text(fields, "disputed_transaction_id"), moment(fields, "start_time")
    if wanted and start is not None:
        raise invalid("/start_time", "MUTUALLY_EXCLUSIVE_PARAMETERS", "Use start_time or disputed_transaction_id.")
    rows = (
        row for row in desk.books.state.tables[disputes.CASE].newest(before=after)
        if (not wanted or row["_capture"] == wanted) and (start is None or row["_made_us"] >= start)
    )  # fmt: skip
    found = list(islice(rows, size + 1))
    shown = [{name: row[name] for name in SUMMARY} for row in found[:size]]
    links = [{"href": f"{PATH}?{exchange.query}", "rel": "self", "method": "GET"}]
    if len(found) > size:
        href = f"{PATH}?page_size={size}&next_page_token={shown[-1]['dispute_id']}"
        href += f"&start_time={text(fields, 'start_time')}" if start is not None else ""
        links.append({"href": href, "rel": "next", "method": "GET"})
    return desk.ok(200, {"items": shown, "links": links}, "lookup", keep=False)


def retrieve(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``GET /v1/customer/disputes/{id}``."""
    return desk.ok(200, _shown(desk.find(disputes.CASE, exchange.arguments[0])), "lookup", keep=False)


def provide_evidence(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/customer/disputes/{id}/provide-evidence``."""
    made = _open(desk, exchange)
    given = exchange.fields.get("evidences")
    if not isinstance(given, list) or not given or not all(isinstance(item, dict) for item in given):
        raise invalid("/evidences", "MISSING_REQUIRED_PARAMETER")
    for number, item in enumerate(given):
        if item.get("evidence_type") not in EVIDENCE_TYPES:
            raise invalid(f"/evidences/{number}/evidence_type", "INVALID_PARAMETER_VALUE")
    if made["status"] != "WAITING_FOR_SELLER_RESPONSE":
        raise unprocessable("ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE", f"The dispute is {made['status']}.")
    batch.records += disputes.answered(desk.books, made, given[0], batch.at_us)
    return _linked(desk, made)


def accept_claim(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/customer/disputes/{id}/accept-claim``: the merchant gives in."""
    made = _open(desk, exchange)
    if made["dispute_life_cycle_stage"] == "INQUIRY":
        raise unprocessable("ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE", "Only a claim can be accepted.")
    batch.records += disputes.ended(desk.books, made, disputes.BUYER)
    return _linked(desk, made)


def escalate(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/customer/disputes/{id}/escalate``: an inquiry becomes a claim."""
    made = _open(desk, exchange)
    if made["dispute_life_cycle_stage"] != "INQUIRY":
        raise unprocessable("ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE", "Only an inquiry can be escalated.")
    batch.records += disputes.escalated(desk.books, made)
    return _linked(desk, made)


def adjudicate(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/customer/disputes/{id}/adjudicate``: the sandbox's way to decide a claim."""
    made = _open(desk, exchange)
    outcome = OUTCOMES.get(text(exchange.fields, "adjudication_outcome"))
    if outcome is None:
        raise invalid("/adjudication_outcome", "INVALID_PARAMETER_VALUE", f"One of {', '.join(OUTCOMES)}.")
    if made["dispute_life_cycle_stage"] == "INQUIRY":
        raise unprocessable("ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE", "Only a claim is settled.")
    batch.records += disputes.ended(desk.books, made, outcome)
    return _linked(desk, made)


def _open(desk: Desk, exchange: Exchange) -> Row:
    """Return a dispute about which something can still be done. Raises PayPalError (404, 422)."""
    made = desk.find(disputes.CASE, exchange.arguments[0])
    if made["status"] == "RESOLVED":
        raise unprocessable("ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE", "The dispute is resolved.")
    return made


def _shown(made: Row) -> Row:
    return {name: value for name, value in public(made).items() if name != "id"}


def _linked(desk: Desk, made: Row) -> Answer:
    links = [{"href": f"{PATH}/{made['dispute_id']}", "rel": "self", "method": "GET"}]
    return desk.ok(200, {"id": made["id"], "links": links}, "not_executed", keep=False)


def _size(fields: Row) -> int:
    given = text(fields, "page_size") or "10"
    if not (given.isascii() and given.isdigit()) or not 1 <= int(given[:9]) <= PAGE_SIZE_MAX:
        raise invalid("/page_size", "INVALID_PARAMETER_VALUE", f"From 1 to {PAGE_SIZE_MAX}.")
    return int(given)
