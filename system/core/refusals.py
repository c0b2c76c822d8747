"""Why a payment cannot be captured, voided or refunded, in words."""

from system.attempts.messages import HOLD_GONE
from system.core.answers import UNAVAILABLE
from system.core.failures import Refused, gateways_unavailable
from system.core.resources import Existing
from system.states import PaymentStatus
from system.store.begin import REFERENCE_USED, Begun

_IN_PROGRESS = "operation_in_progress"
_TOO_MUCH = "capture_exceeds_authorized"
_MESSAGES = {
    _IN_PROGRESS: "Another capture or void of this payment is in progress.",
    _TOO_MUCH: "The amount is more than what was authorized.",
    "payment_not_capturable": "Only an authorized payment can be captured.",
    "payment_not_voidable": "Only an authorized payment can be voided.",
    "refund_exceeds_captured": "The amount is more than what is left to refund.",
    "payment_not_refundable": "Only a captured payment can be refunded.",
    "payment_disputed": "The shopper's bank disputes this payment and has its money; it cannot be refunded as well.",
    **HOLD_GONE,
}


def reason_of(begun: Begun) -> str:
    """Return the code of a refused reservation.

    A capture or void that was refused because another one had its turn may find the payment free again when it reads
    why: the other one came to nothing in between. Then that one was the reason, and not the payment as it is now.
    """
    seen, code = begun.payment, begun.refusal or ""
    if seen is None or seen.status is not PaymentStatus.AUTHORIZED:
        return code
    fits = code == _TOO_MUCH and 0 < begun.amount_minor <= seen.authorized_minor
    return _IN_PROGRESS if fits or code == "payment_not_voidable" else code


def refusal(code: str) -> Refused:
    """The typed answer for a refused reservation: 404 for a foreign payment, 503 without a gateway, else 422."""
    if code == UNAVAILABLE:
        return gateways_unavailable()
    code, _, first = code.partition(":")
    if code == REFERENCE_USED:
        message = f"This merchant's references are unique, and {first} has this one."
        raised = Refused(422, "invalid_request_error", code, message, param="merchant_reference")
        raised.existing = Existing(first, "refund" if first.startswith("re_") else "payment")
        return raised
    if code == "payment_not_found":
        return Refused(404, "invalid_request_error", code, "No such payment.", param="id")
    return Refused(422, "invalid_request_error", code, _MESSAGES.get(code, "The payment does not allow this now."))
