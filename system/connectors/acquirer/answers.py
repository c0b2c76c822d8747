"""Reading the acquirer's bodies: what they say about the exchange (facts) and about money (the reply)."""

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import msgspec

from system.connectors.acquirer.table import TABLE, WORDS
from system.connectors.classifier import Facts, reply_of
from system.connectors.resending import inconclusive
from system.connectors.wire import HttpResult
from system.gateway import GatewayReply, GatewayRequest, Kind, Lookup, LookupStatus, Phase

TYPES = {
    Kind.AUTHORIZE: "authorization",
    Kind.SALE: "sale",
    Kind.CAPTURE: "capture",
    Kind.VOID: "void",
    Kind.REFUND: "refund",
}
STATES = {"authorized": "held", "expired": "expired", "voided": "canceled"}
"""What a charge's state says of its hold."""
APPROVED = "00"

Body = TypeVar("Body", bound=msgspec.Struct)


class Transaction(msgspec.Struct):
    """A transaction as answers and inquiries tell it."""

    id: str
    type: str
    reference: str
    amount: int
    currency: str
    response_code: str
    rrn: str
    time: str
    state: str = ""


class Refusal(msgspec.Struct):
    """Why nothing was done."""

    response_code: str
    state: str = ""


class Charge(msgspec.Struct):
    """A charge as an inquiry tells it."""

    state: str


def facts_of(heard: HttpResult) -> Facts:
    """Return what the exchange amounts to before anything is said about money."""
    if heard.phase is not Phase.ANSWERED or heard.status is None:
        return Facts(heard.phase)
    hint = "replayed" if heard.headers.get("Repeat") == "true" else ""
    if heard.status < 300:
        return Facts(heard.phase, heard.status, "ok" if _read(heard, Transaction) else "malformed", hint)
    refusal = _read(heard, Refusal)
    return Facts(heard.phase, heard.status, WORDS.get(refusal.response_code, "") if refusal else "", hint)


def money_reply(heard: HttpResult, request: GatewayRequest) -> GatewayReply:
    """Return the reply to a transaction that moves money."""
    facts, made = facts_of(heard), _read(heard, Transaction)
    if facts.code == "invalid_transaction" and request.kind in (Kind.CAPTURE, Kind.VOID):
        facts = replace(facts, code=_gone(heard, request) or facts.code)
    if facts.code != "ok" or made is None:
        return reply_of(TABLE, facts)
    return _told(facts, made, request)


def looked_up(heard: HttpResult, request: GatewayRequest) -> Lookup:
    """Return what an inquiry by our own reference found: the answer that was lost, or that no such one came in."""
    facts, made = facts_of(heard), _read(heard, Transaction)
    if facts.status == 404 and facts.code == "no_such_record":
        return Lookup(LookupStatus.MISS)
    if facts.code != "ok" or made is None or made.type != TYPES[request.kind]:
        return Lookup(LookupStatus.ERROR, unread(heard))
    if made.response_code != APPROVED:
        return Lookup(LookupStatus.FOUND, _refused(heard, made, request))
    reply = _told(facts, made, request)
    how = STATES.get(made.state, "") if request.kind is Kind.AUTHORIZE else ""
    return Lookup(LookupStatus.FOUND, replace(reply, lapsed=how) if how in ("expired", "canceled") else reply)


def settled_otherwise(heard: HttpResult, request: GatewayRequest) -> Lookup:
    """Return what a charge's state proves about a capture or void that never came in: a hold may still be there.

    A hold that somebody let go of is what a void wants.
    """
    charge = _read(heard, Charge) if heard.phase is Phase.ANSWERED and heard.status == 200 else None
    if charge is None:
        return Lookup(LookupStatus.ERROR, unread(heard))
    how = STATES.get(charge.state, "moved_on")
    if how == "held":
        return Lookup(LookupStatus.MISS)
    if how == "canceled" and request.kind is Kind.VOID:
        reply = reply_of(TABLE, Facts(heard.phase, heard.status, "ok"))
        return Lookup(LookupStatus.FOUND, replace(reply, gateway_ref=request.gateway_ref))
    code = how if how == "moved_on" else f"hold_{how}"
    return Lookup(LookupStatus.FOUND, reply_of(TABLE, Facts(heard.phase, 200 if how == "moved_on" else 422, code)))


def held(heard: HttpResult) -> str:
    """Return what an inquiry says of a charge's hold: ``expired``, ``canceled``, ``held``, or '' for anything else."""
    charge = _read(heard, Charge) if heard.phase is Phase.ANSWERED and heard.status == 200 else None
    return STATES.get(charge.state, "") if charge is not None else ""


def unread(heard: HttpResult) -> GatewayReply:
    """Return why an inquiry or the feed could not be read; it says nothing about any call."""
    facts = facts_of(heard)
    return inconclusive(reply_of(TABLE, replace(facts, code="malformed") if facts.code == "ok" else facts))


def moment_us(text: str) -> int | None:
    """Return a time of the acquirer's in microseconds since the epoch, None for one that is none."""
    try:
        return int(datetime.fromisoformat(text).timestamp()) * 1_000_000
    except ValueError:
        return None


def _refused(heard: HttpResult, made: Transaction, request: GatewayRequest) -> GatewayReply:
    if request.kind is Kind.REFUND:
        return reply_of(TABLE, Facts(heard.phase, 200, "refund_failed"))
    return reply_of(TABLE, Facts(heard.phase, 402, WORDS.get(made.response_code, "")))


def _told(facts: Facts, made: Transaction, request: GatewayRequest) -> GatewayReply:
    """Return the classified reply with what the acquirer said about money."""
    # A void releases whatever is held: its amount is not this call's.
    same = (made.amount, made.currency) == (request.amount_minor, request.currency.upper())
    code = "ok" if same or request.kind is Kind.VOID else "amount_mismatch"
    if made.type != TYPES[request.kind] or made.response_code != APPROVED:
        code = "malformed"
    return replace(
        reply_of(TABLE, replace(facts, code=code)),
        gateway_ref=made.rrn if request.kind is Kind.REFUND else made.reference,
        amount_minor=made.amount,
        currency=made.currency,
        executed_at_us=moment_us(made.time),
    )


def _gone(heard: HttpResult, request: GatewayRequest) -> str:
    """Return why a hold cannot be captured or voided any more; '' where that is not the reason.

    A void that meets a hold which somebody let go of is left to the inquiry.
    """
    refusal = _read(heard, Refusal)
    how = STATES.get(refusal.state, "") if refusal is not None else ""
    mine = request.kind is Kind.VOID and how == "canceled"
    return f"hold_{how}" if how in ("expired", "canceled") and not mine else ""


def _read(heard: HttpResult, body: type[Body]) -> Body | None:
    try:
        return msgspec.json.decode(heard.body, type=body)
    except msgspec.DecodeError:
        return None
