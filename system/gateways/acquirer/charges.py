"""The transactions: authorization and sale, and on a charge that stands its capture, void and refunds."""

from system.gateways.acquirer.desk import CHARGE, Desk, amount_of, charge_amount, data_of
from system.gateways.acquirer.lapses import fail_later, lapse_later
from system.gateways.acquirer.responses import DECLINES, TEXTS, Refusal, malformed, ruled_out
from system.gateways.common import ledger
from system.gateways.common.clock import new_id
from system.gateways.common.disputing import dispute_later
from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.faults.decline_storm import stormy
from system.gateways.common.methods import Behaviour, behaviour
from system.gateways.common.records import Put
from system.gateways.common.rows import Row


def authorize(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /authorizations/{transaction}``: sets the amount aside."""
    return _charge(desk, exchange, batch, "authorization")


def sell(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /sales/{transaction}``: authorises and takes the money at once."""
    return _charge(desk, exchange, batch, "sale")


def _charge(desk: Desk, exchange: Exchange, batch: Batch, kind: str) -> Answer:
    amount, currency = charge_amount(exchange.fields)
    token = _token(exchange.fields)
    card = stormy(exchange, _card(token))
    charge: Row = {"id": new_id("acq"), "currency": currency, "data": data_of(exchange), "_card": token}
    if card.decline or card.requires_action:
        return _decline(desk, batch, kind, charge, amount, card)
    draft = ledger.draft(batch, charge["id"], amount, currency)
    (ledger.sell if kind == "sale" else ledger.authorize)(batch, draft, new_id("mov"))
    batch.add(Put(CHARGE, charge["id"], charge))
    if kind == "authorization":
        lapse_later(exchange, batch, charge["id"])
    else:
        dispute_later(exchange, batch, charge["id"], card, desk.settings)
    return desk.ok(desk.enter(batch, kind, charge, amount, authorization_code=charge["id"][-6:].upper()))


def _token(fields: Row) -> str:
    card = fields.get("card")
    token = card.get("token") if isinstance(card, dict) else None
    if not isinstance(token, str):
        raise malformed("card: {token} is needed; numbers are not taken")
    return token


def _card(token: str) -> Behaviour:
    found = behaviour(token, "acquirer")
    if found is None:
        raise Refusal(400, "14", "card: no such token")
    return found


def _decline(desk: Desk, batch: Batch, kind: str, charge: Row, amount: int, card: Behaviour) -> Answer:
    """The issuer said no, or wants its cardholder asked, which a plain acquirer has no page for."""
    reason = card.decline_code if card.decline == "card_declined" else card.decline
    code = "65" if card.requires_action else DECLINES.get(reason, "05")
    batch.exchange.call.decline_code = code
    ledger.ask(batch, charge["id"], amount, charge["currency"], "declined")
    made = desk.enter(batch, kind, charge, amount, response_code=code, response_text=TEXTS[code])
    return Refusal(402, code, keep=True, transaction=made["id"], reference=charge["id"]).answer("declined")


def capture(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /charges/{reference}/captures/{transaction}``: takes once what was set aside; the rest is released."""
    charge = desk.find(CHARGE, exchange.arguments[0])
    amount, row = amount_of(exchange.fields), desk.row(charge)
    if row.status != "authorized" and not (row.status == "captured" and exchange.fault("lenient_captures")):
        raise ruled_out("12", f"the charge is {row.status}", state=row.status)
    try:
        ledger.capture(batch, row, amount, new_id("mov"))
    except ledger.Refused as refused:
        raise ruled_out("61", str(refused), state=row.status) from refused
    dispute_later(exchange, batch, charge["id"], _card(charge["_card"]), desk.settings)
    return desk.ok(desk.enter(batch, "capture", charge, amount))


def void(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /charges/{reference}/voids/{transaction}``: releases what was set aside."""
    charge = desk.find(CHARGE, exchange.arguments[0])
    row = desk.row(charge)
    try:
        ledger.void(batch, row, new_id("mov"))
    except ledger.Refused as refused:
        raise ruled_out("12", str(refused), state=row.status) from refused
    return desk.ok(desk.enter(batch, "void", charge, row.authorized_minor))


def refund(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /charges/{reference}/refunds/{transaction}``: gives back part or all of what was taken."""
    charge = desk.find(CHARGE, exchange.arguments[0])
    amount, movement = amount_of(exchange.fields), new_id("mov")
    try:
        ledger.refund(batch, desk.row(charge), amount, movement)
    except ledger.Refused as refused:
        raise ruled_out(REFUND_CODES.get(refused.code, "61"), str(refused)) from refused
    made = desk.enter(batch, "refund", charge, amount, _movement=movement)
    fail_later(desk, exchange, batch, charge, made["id"])
    return desk.ok(made)


REFUND_CODES = {"not_refundable": "12", "disputed": "57", "no_funds": "51"}
"""The code by the ledger's word for why; 61 where more is asked for than is left."""
