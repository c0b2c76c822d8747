"""Reading what paypal's feed and its authorizations say about a call whose answer was lost."""

from system.connectors.classifier import Facts, reply_of
from system.connectors.paypal.answers import facts_of, gone, told
from system.connectors.paypal.table import TABLE
from system.connectors.wire import HttpResult
from system.gateway import GatewayReply, GatewayRequest, Kind
from system.json_body import JsonObject, object_of, objects_of

EVENT_CODES = {Kind.SALE: "T0006", Kind.AUTHORIZE: "T1300", Kind.CAPTURE: "T0006", Kind.REFUND: "T1107"}
STATUSES = {
    Kind.SALE: {"S": "COMPLETED"},
    Kind.CAPTURE: {"S": "COMPLETED"},
    Kind.AUTHORIZE: {"S": "CAPTURED", "P": "CREATED", "V": "VOIDED"},
    Kind.REFUND: {"S": "COMPLETED", "P": "PENDING", "D": "FAILED"},
}


def reported(heard: HttpResult, request: GatewayRequest, custom_id: str) -> list[GatewayReply] | None:
    """Return what the feed holds about this attempt, told as the lost reply; None where it did not answer."""
    body = heard.parsed()
    rows = objects_of(body.get("transaction_details")) if body is not None else None
    if facts_of(heard, body).code != "ok" or rows is None:
        return None
    lines = [object_of(row.get("transaction_info")) for row in rows]
    ours = [line for line in lines if _is(line, request, custom_id)]
    return [told(Facts(heard.phase, heard.status), _resource(line, request), request) for line in ours]


def voided(heard: HttpResult, request: GatewayRequest) -> list[GatewayReply] | None:
    """Return what an authorization's state proves about a lost void; an empty list where it proves nothing."""
    body = heard.parsed()
    facts = facts_of(heard, body)
    if facts.code != "ok" or body is None or not isinstance(body.get("status"), str):
        return None
    if body["status"] == "CREATED":
        return []
    if gone(body) == "expired":
        return [reply_of(TABLE, Facts(heard.phase, heard.status, "hold_expired"))]
    if body["status"] == "VOIDED":
        return [told(facts, body, request)]
    return [reply_of(TABLE, Facts(heard.phase, heard.status, "moved_on"))]


def _is(line: JsonObject, request: GatewayRequest, custom_id: str) -> bool:
    right_kind = line.get("transaction_event_code") == EVENT_CODES[request.kind]
    return right_kind and line.get("custom_field") == custom_id


def _resource(line: JsonObject, request: GatewayRequest) -> JsonObject:
    """Return the feed's line in the shape of the resource that it is about."""
    return {
        "id": line.get("transaction_id"),
        "status": STATUSES[request.kind].get(str(line.get("transaction_status")), "UNKNOWN"),
        "amount": line.get("transaction_amount"),
        "create_time": line.get("transaction_initiation_date"),
    }
