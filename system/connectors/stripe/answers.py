"""Reading stripe's bodies: what they say about the exchange (facts) and about money (the reply)."""

from dataclasses import replace

from system.connectors.classifier import AUTHENTICATION_REQUIRED, Facts, reply_of
from system.connectors.resending import inconclusive
from system.connectors.stripe.table import TABLE
from system.connectors.wire import HttpResult
from system.gateway import AUTHENTICATION_TIMEOUT, KEY_USED, GatewayReply, GatewayRequest, Kind, Knowledge, Phase
from system.json_body import Json, JsonObject, object_of, objects_of

REQUIRES_ACTION = "requires_action"
DECLINED_INTENT = "requires_payment_method"
UNEXPECTED_STATE = "payment_intent_unexpected_state"
ABANDONED = "abandoned"
"""Why we cancel an intent whose payer did not answer in time: one of the reasons that Stripe takes."""
EXPIRY_REASONS = frozenset({"automatic", "expired"})
"""Why the gateway itself canceled an intent whose hold nobody captured in time; other reasons are somebody's wish
(docs.stripe.com/api/payment_intents/object, `cancellation_reason`, read 2026-12-01)."""


def facts_of(heard: HttpResult, body: JsonObject | None) -> Facts:
    """Return what the exchange amounts to before anything is said about money."""
    if heard.phase is not Phase.ANSWERED or heard.status is None:
        return Facts(heard.phase)
    hint = "replayed" if heard.headers.get("Idempotent-Replayed") == "true" else ""
    if heard.status < 300:
        return Facts(heard.phase, heard.status, "ok" if body is not None else "malformed", hint)
    error = body.get("error") if body is not None else None
    if not isinstance(error, dict):
        return Facts(heard.phase, heard.status, "", hint)
    return Facts(heard.phase, heard.status, _code(error), str(error.get("decline_code") or hint))


def _code(error: JsonObject) -> str:
    """Return the error's code, or its type where it has none."""
    return str(error.get("code") or error.get("type") or "")


def intent_reply(heard: HttpResult, request: GatewayRequest, wanted: str) -> GatewayReply:
    """Return the reply to a call that answers with a payment intent in status ``wanted``."""
    body = heard.parsed()
    facts = facts_of(heard, body)
    if facts.code == UNEXPECTED_STATE and body is not None:
        intent = object_of(body.get("error")).get("payment_intent")
        facts = replace(facts, code=_gone_code(intent, request) or facts.code)
    if facts.code != "ok" or body is None:
        return reply_of(TABLE, facts)
    return told(replace(facts, code=_intent_code(body, request, wanted)), body, request)


def abandoned(heard: HttpResult, request: GatewayRequest) -> GatewayReply:
    """Return what a cancel call found: an intent that is canceled now, or one whose payer was faster."""
    body = heard.parsed()
    facts = facts_of(heard, body)
    error = (body or {}).get("error")
    intent = body if facts.code == "ok" else error.get("payment_intent") if isinstance(error, dict) else None
    if not isinstance(intent, dict) or facts.code not in ("ok", UNEXPECTED_STATE):
        return inconclusive(reply_of(TABLE, facts))
    if intent.get("status") == "canceled":
        return reply_of(TABLE, Facts(heard.phase, 200, AUTHENTICATION_TIMEOUT))
    return _past_intent(intent, replace(heard, status=200), request)


def never_paid(intent: JsonObject) -> str:
    """Return why a canceled intent that never took money did not: its payer was given up, or it went another way."""
    return AUTHENTICATION_TIMEOUT if intent.get("cancellation_reason") == ABANDONED else "moved_on"


def gone(intent: JsonObject) -> str:
    """Return how a canceled intent's hold went: ``expired`` or ``canceled``; '' for an intent that is not canceled."""
    if intent.get("status") != "canceled":
        return ""
    return "expired" if intent.get("cancellation_reason") in EXPIRY_REASONS else "canceled"


def held(heard: HttpResult) -> str:
    """Return what an intent says of its hold: ``expired``, ``canceled``, ``held``, or '' for anything else."""
    body = heard.parsed()
    if facts_of(heard, body).code != "ok" or body is None:
        return ""
    return "held" if body.get("status") == "requires_capture" else gone(body)


def _gone_code(intent: Json, request: GatewayRequest) -> str:
    """Return why a hold cannot be captured or voided any more; '' where that is not the reason.

    A void that meets an intent which somebody canceled may have done so itself, by an earlier send.
    """
    how = gone(intent) if isinstance(intent, dict) else ""
    mine = request.kind is Kind.VOID and how == "canceled"
    return f"hold_{how}" if how and not mine and request.kind in (Kind.CAPTURE, Kind.VOID) else ""


def unread(heard: HttpResult) -> GatewayReply:
    """Return why a lookup or a list could not be read; it says nothing about any call."""
    facts = facts_of(heard, heard.parsed())
    return inconclusive(reply_of(TABLE, replace(facts, code="malformed") if facts.code == "ok" else facts))


def canceled_key(heard: HttpResult) -> GatewayReply:
    """Return what the answer proves about the key's own call: with a fresh, unpaid intent, that it never happened."""
    body = heard.parsed()
    facts = facts_of(heard, body)
    reply = reply_of(TABLE, facts)
    if facts.code == "idempotency_error":
        return replace(inconclusive(reply), code=KEY_USED)
    harmless = facts.code == "ok" and body is not None and body.get("status") == DECLINED_INTENT
    if not harmless or (body or {}).get("latest_charge") is not None:
        return inconclusive(reply)
    return replace(reply, knowledge=Knowledge.DEFINITE_NO, code="key_canceled", not_executed=True)


def refund_reply(heard: HttpResult, request: GatewayRequest) -> GatewayReply:
    """Return the reply to a refund call."""
    body = heard.parsed()
    facts = facts_of(heard, body)
    if facts.code != "ok" or body is None:
        return reply_of(TABLE, facts)
    return told(replace(facts, code=_refund_code(body, request)), body, request)


def told(facts: Facts, body: JsonObject, request: GatewayRequest) -> GatewayReply:
    """Return the classified reply with what the gateway said about money."""
    reply = reply_of(TABLE, facts)
    if facts.code == AUTHENTICATION_REQUIRED:
        return replace(reply, gateway_ref=str(body["id"]))
    if facts.code not in ("ok", "amount_mismatch"):
        return reply
    amount, created = _amount(body, request), body.get("created")
    return replace(
        reply,
        gateway_ref=str(body["id"]),
        amount_minor=amount if isinstance(amount, int) else None,
        currency=str(body["currency"]).upper(),
        executed_at_us=created * 1_000_000 if isinstance(created, int) else None,
    )


def _amount(body: JsonObject, request: GatewayRequest) -> Json:
    """Return the amount that this call was about, as the gateway tells it."""
    if request.kind in (Kind.SALE, Kind.CAPTURE) and body.get("status") == "succeeded":
        return body.get("amount_received")
    return body.get("amount")


def _intent_code(body: JsonObject, request: GatewayRequest, wanted: str) -> str:
    status = body.get("status")
    if body.get("object") != "payment_intent" or not isinstance(body.get("id"), str) or not isinstance(status, str):
        return "malformed"
    if status == REQUIRES_ACTION and request.kind in (Kind.SALE, Kind.AUTHORIZE):
        return AUTHENTICATION_REQUIRED
    if status != wanted:
        return "unexpected_status"
    # A void releases whatever is held: the intent's amount is not this call's.
    if request.kind is not Kind.VOID and not _same_money(body, request):
        return "amount_mismatch" if _has_money(body, request) else "malformed"
    return "ok"


def _refund_code(body: JsonObject, request: GatewayRequest) -> str:
    if body.get("object") != "refund" or not isinstance(body.get("id"), str):
        return "malformed"
    if body.get("status") in ("failed", "canceled"):
        return "refund_failed"
    if body.get("status") == "pending":
        return "refund_pending"
    if body.get("status") != "succeeded":
        return "unexpected_status"
    if not _same_money(body, request):
        return "amount_mismatch" if _has_money(body, request) else "malformed"
    return "ok"


def _has_money(body: JsonObject, request: GatewayRequest) -> bool:
    amount = _amount(body, request)
    return isinstance(amount, int) and not isinstance(amount, bool) and isinstance(body.get("currency"), str)


def _same_money(body: JsonObject, request: GatewayRequest) -> bool:
    return (
        _has_money(body, request)
        and _amount(body, request) == request.amount_minor
        and str(body["currency"]).upper() == request.currency.upper()
    )


def intents_of(heard: HttpResult, request: GatewayRequest) -> list[GatewayReply] | None:
    """Return what search found for a creation, executed intents first; None where it did not answer."""
    rows = _rows(heard)
    if rows is None:
        return None
    replies = [_past_intent(row, heard, request) for row in rows if _ours(row, request)]
    return sorted(replies, key=lambda reply: reply.gateway_ref is None)


def intent_of(heard: HttpResult, request: GatewayRequest) -> list[GatewayReply] | None:
    """Return what the intent that a creation made says of it; None where it was not to be read."""
    body = heard.parsed()
    if facts_of(heard, body).code != "ok" or body is None or body.get("object") != "payment_intent":
        return None
    return [_past_intent(body, heard, request)]


def _past_intent(row: JsonObject, heard: HttpResult, request: GatewayRequest) -> GatewayReply:
    """Return the reply that was lost, from the intent as it stands."""
    if row.get("status") == DECLINED_INTENT:
        error = row.get("last_payment_error")
        decline = error if isinstance(error, dict) else {}
        code, hint = str(decline.get("code") or "card_declined"), str(decline.get("decline_code") or "")
        return reply_of(TABLE, Facts(heard.phase, 402, code, hint))
    if row.get("status") == "canceled":
        # Of a sale a canceled intent never took money; of a hold, not where its payer was never asked to the end.
        if request.kind is Kind.SALE or row.get("latest_charge") is None:
            return reply_of(TABLE, Facts(heard.phase, heard.status, never_paid(row)))
        return replace(told(Facts(heard.phase, heard.status, "ok"), row, request), lapsed=gone(row))
    captured_since = request.kind is Kind.AUTHORIZE and row.get("status") == "succeeded"
    wanted = "succeeded" if request.kind is Kind.SALE or captured_since else "requires_capture"
    return told(Facts(heard.phase, heard.status, _intent_code(row, request, wanted)), row, request)


def state_of(heard: HttpResult, request: GatewayRequest) -> list[GatewayReply] | None:
    """Return what the charge's state proves about a lost capture or void; an empty list where it proves nothing."""
    body = heard.parsed()
    if facts_of(heard, body).code != "ok" or body is None or body.get("object") != "payment_intent":
        return None
    status = body.get("status")
    if status == "requires_capture":
        return []
    mine = request.kind is Kind.VOID or _ours(body, request)
    wanted = "canceled" if request.kind is Kind.VOID else "succeeded"
    code = _intent_code(body, request, wanted) if status == wanted and mine else "moved_on"
    code = _gone_code(body, request) or code
    return [told(Facts(heard.phase, heard.status, code), body, request)]


def refunds_of(heard: HttpResult, request: GatewayRequest) -> list[GatewayReply] | None:
    """Return the refunds of the charge that carry our attempt's id."""
    rows = _rows(heard)
    if rows is None:
        return None
    ours = [row for row in rows if _ours(row, request)]
    return [told(Facts(heard.phase, heard.status, _refund_code(row, request)), row, request) for row in ours]


def _rows(heard: HttpResult) -> list[JsonObject] | None:
    body = heard.parsed()
    return None if facts_of(heard, body).code != "ok" or body is None else objects_of(body.get("data"))


def _ours(row: JsonObject, request: GatewayRequest) -> bool:
    metadata = row.get("metadata")
    return isinstance(metadata, dict) and metadata.get("attempt_id") == request.attempt_id
