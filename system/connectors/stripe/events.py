"""Stripe's events. Our own ids are in the object's metadata: those of the attempt that made or captured it."""

from msgspec import UNSET, Raw, Struct, UnsetType

from system.connectors.events import EventName, no, part_of, text_of, yes
from system.connectors.stripe import disputes
from system.connectors.stripe.answers import EXPIRY_REASONS, never_paid
from system.connectors.stripe.currencies import PRESENTMENT
from system.gateway import GatewayReply, ParsedEvent, TakenBack, What
from system.json_body import JsonObject

TAKEN = {"payment_intent.succeeded": "amount_received", "payment_intent.amount_capturable_updated": "amount_capturable"}
"""The events that tell of money, and the field that says how much."""

REFUND_EVENTS = frozenset({"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"})
"""`refund.failed` and `charge.refund.updated`, its name in older API versions, tell of one failure."""

DISPUTE_EVENTS = "charge.dispute."
"""How the types of a dispute's events begin: created, updated, funds_withdrawn, funds_reinstated, closed. Each carries
all of the dispute, and may come before any other. A dispute carries no metadata of the payment, only its id."""

LAPSE_EVENTS = frozenset({"payment_intent.canceled", "charge.expired"})
"""An intent is canceled by us, by somebody at the gateway, or because its hold was not captured in time;
then its charge expires too."""

REFUND_FAILED = frozenset({"failed", "canceled"})


class StripeEvent(Struct):
    """Stripe's event, as Stripe documents it; what is not known here is taken and does nothing."""

    id: EventName
    type: EventName
    data: Raw | UnsetType = UNSET


def read(event: JsonObject) -> ParsedEvent:
    """Return what the event tells. Raises `MalformedEvent`."""
    event_id, type_ = text_of(event, "id"), text_of(event, "type")
    about = part_of(part_of(event, "data"), "object")
    if type_.startswith(DISPUTE_EVENTS):
        return ParsedEvent(event_id, type_, dispute=disputes.told(about))
    attempt_id = part_of(about, "metadata").get("attempt_id")
    if not isinstance(attempt_id, str):
        return ParsedEvent(event_id, type_)
    return ParsedEvent(event_id, type_, attempt_id, _reply(type_, about), _taken_back(type_, about))


def _reply(type_: str, about: JsonObject) -> GatewayReply | None:
    """A canceled intent keeps the metadata of its making, of which the event tells where nothing was charged."""
    currency = str(about.get("currency", "")).upper()
    reference = str(about.get("id", ""))
    if type_ in TAKEN:
        amount = about.get(TAKEN[type_])
        return _yes(reference, amount, currency)
    if type_ == "payment_intent.payment_failed":
        error = part_of(about, "last_payment_error")
        return no(str(error.get("decline_code") or error.get("code") or ""))
    if _never_charged(type_, about):
        return no(never_paid(about))
    return _refund(about, reference, currency) if type_ in REFUND_EVENTS else None


def _never_charged(type_: str, about: JsonObject) -> bool:
    """Tell whether an intent was canceled before any card was asked for its money, and so can take none any more."""
    return type_ == "payment_intent.canceled" and "latest_charge" in about and about["latest_charge"] is None


def _refund(about: JsonObject, reference: str, currency: str) -> GatewayReply | None:
    """A pending refund is not decided yet; a later event tells."""
    amount, status = about.get("amount"), about.get("status")
    if status == "succeeded":
        return _yes(reference, amount, currency)
    return no("refund_failed") if status in REFUND_FAILED else None


def _yes(reference: str, amount: object, currency: str) -> GatewayReply | None:
    """What is no exact amount of the currency proves nothing."""
    minor = _minor(amount, currency)
    return None if minor is None else yes(reference, minor, currency)


def _minor(amount: object, currency: str) -> int | None:
    """Return minor units of an amount, which Stripe tells in its own units; None where that is not exact."""
    if not isinstance(amount, int):
        return None
    try:
        return PRESENTMENT.heard(currency, amount)
    except ValueError:
        return None


def _taken_back(type_: str, about: JsonObject) -> TakenBack | None:
    """A refund's failure or a hold's end, whichever of its events tells of it."""
    currency = str(about.get("currency", "")).upper()
    amount_minor = _minor(about.get("amount"), currency)
    if amount_minor is None or _never_charged(type_, about):
        return None
    if type_ in LAPSE_EVENTS:
        expired = type_ == "charge.expired" or about.get("cancellation_reason") in EXPIRY_REASONS
        intent = str(about.get("payment_intent" if about.get("object") == "charge" else "id") or "")
        return TakenBack(What.EXPIRED if expired else What.CANCELED, amount_minor, currency, object_ref=intent)
    failed = type_ in REFUND_EVENTS and about.get("status") in REFUND_FAILED
    refund = str(about.get("id") or "")
    return TakenBack(What.REFUND_FAILED, amount_minor, currency, object_ref=refund) if failed else None
