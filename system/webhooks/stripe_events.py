"""Stripe's events. Our own ids are in the object's metadata: those of the attempt that made or captured it."""

from system.ports import GatewayReply
from system.presentment import PRESENTMENTS
from system.webhooks.told import Json, Told, no, part_of, text_of, yes

TAKEN = {"payment_intent.succeeded": "amount_received", "payment_intent.amount_capturable_updated": "amount_capturable"}
"""The events that tell of money, and the field that says how much."""

REFUND_EVENTS = frozenset({"refund.created", "refund.updated", "refund.failed"})


def read(event: Json) -> Told:
    """Return what the event tells. Raises `MalformedEvent`."""
    event_id, type_ = text_of(event, "id"), text_of(event, "type")
    about = part_of(part_of(event, "data"), "object")
    attempt_id = part_of(about, "metadata").get("attempt_id")
    if not isinstance(attempt_id, str):
        return Told(event_id, type_)
    return Told(event_id, type_, attempt_id, _reply(type_, about))


def _reply(type_: str, about: Json) -> GatewayReply | None:
    """An intent that is cancelled keeps the metadata of its making, so that event tells nothing of one attempt."""
    currency = str(about.get("currency", "")).upper()
    reference = str(about.get("id", ""))
    if type_ in TAKEN:
        amount = about.get(TAKEN[type_])
        return _yes(reference, amount, currency)
    if type_ == "payment_intent.payment_failed":
        error = part_of(about, "last_payment_error")
        return no(str(error.get("decline_code") or error.get("code") or ""))
    return _refund(about, reference, currency) if type_ in REFUND_EVENTS else None


def _refund(about: Json, reference: str, currency: str) -> GatewayReply | None:
    """A pending refund is not decided yet; a later event tells."""
    amount, status = about.get("amount"), about.get("status")
    if status == "succeeded":
        return _yes(reference, amount, currency)
    return no("refund_failed") if status in ("failed", "canceled") else None


def _yes(reference: str, amount: object, currency: str) -> GatewayReply | None:
    """Stripe tells amounts in its own units; what is no exact amount of the currency proves nothing."""
    if not isinstance(amount, int):
        return None
    try:
        return yes(reference, PRESENTMENTS["stripe"].heard(currency, amount), currency)
    except ValueError:
        return None
