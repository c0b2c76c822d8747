"""What an event's body says of itself, in either dialect; and the same event with its meaning turned around."""

import msgspec

from system.gateways.common.rows import Row

_encoder = msgspec.json.Encoder()

_DECLINE = {"code": "card_declined", "decline_code": "generic_decline", "message": "Your card was declined."}

_FALSE = {
    "payment_intent.succeeded": ("payment_intent.payment_failed", "requires_payment_method"),
    "payment_intent.amount_capturable_updated": ("payment_intent.payment_failed", "requires_payment_method"),
    "payment_intent.payment_failed": ("payment_intent.succeeded", "succeeded"),
    "refund.created": ("refund.failed", "failed"),
    "refund.updated": ("refund.failed", "failed"),
    "refund.failed": ("refund.updated", "succeeded"),
    "PAYMENT.CAPTURE.COMPLETED": ("PAYMENT.CAPTURE.DENIED", "DECLINED"),
    "PAYMENT.CAPTURE.DENIED": ("PAYMENT.CAPTURE.COMPLETED", "COMPLETED"),
    "PAYMENT.CAPTURE.REFUNDED": ("PAYMENT.REFUND.FAILED", "FAILED"),
    "PAYMENT.AUTHORIZATION.CREATED": ("PAYMENT.AUTHORIZATION.DENIED", "DENIED"),
}
"""Types of events with the contrary type, and the status that the object has then."""


def facts_of(body: bytes) -> tuple[str, str]:
    """Return whose event it is (our attempt, '' where it names none) and the status of its object."""
    event = msgspec.json.decode(body, type=dict)
    about = _about(event)
    ids = str(about.get("custom_id") or "").split("|")
    if len(ids) == 4:
        attempt_id = ids[1]
    else:
        metadata = about.get("metadata")
        attempt_id = metadata.get("attempt_id", "") if isinstance(metadata, dict) else ""
    return str(attempt_id), str(about.get("status") or "")


def turned_around(body: bytes, event_id: str) -> tuple[str, bytes]:
    """Return type and bytes of an event with the contrary meaning, under that id.

    One that has no contrary says the same, spelt in another way.
    """
    event = msgspec.json.decode(body, type=dict)
    name = "type" if "type" in event else "event_type"
    type_, status = _FALSE.get(event[name], (event[name], ""))
    about = {**_about(event), **({"status": status} if status else {"description": "as agreed"})}
    if type_ == "payment_intent.payment_failed":
        about |= {"last_payment_error": _DECLINE, "amount_received": 0, "amount_capturable": 0}
    elif type_ == "payment_intent.succeeded":
        about |= {"last_payment_error": None, "amount_received": about.get("amount")}
    told = {**event, "id": event_id, name: type_}
    told |= {"data": {"object": about}} if name == "type" else {"resource": about}
    return type_, _encoder.encode(told)


def _about(event: Row) -> Row:
    about = event.get("resource") if "event_type" in event else event.get("data", {}).get("object")
    return about if isinstance(about, dict) else {}
