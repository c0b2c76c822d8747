"""Why a payment cannot be captured, voided or refunded, in words."""

from system.core.answers import HOLD_GONE, UNAVAILABLE
from system.core.failures import Refused, gateways_unavailable
from system.store.begin import REFERENCE_USED

_MESSAGES = {
    "operation_in_progress": "Another capture or void of this payment is in progress.",
    "capture_exceeds_authorized": "The amount is more than what was authorized.",
    "payment_not_capturable": "Only an authorized payment can be captured.",
    "payment_not_voidable": "Only an authorized payment can be voided.",
    "refund_exceeds_captured": "The amount is more than what is left to refund.",
    "payment_not_refundable": "Only a captured payment can be refunded.",
    "payment_disputed": "The shopper's bank disputes this payment and has its money; it cannot be refunded as well.",
    **HOLD_GONE,
}


def refusal(code: str) -> Refused:
    """The typed answer for a refused reservation: 404 for a foreign payment, 503 without a gateway, else 422."""
    if code == UNAVAILABLE:
        return gateways_unavailable()
    code, _, first = code.partition(":")
    if code == REFERENCE_USED:
        what = "refund" if first.startswith("re_") else "payment"
        message = f"This merchant's references are unique, and {first} has this one."
        raised = Refused(422, "invalid_request_error", code, message, param="merchant_reference")
        raised.existing = {"id": first, "object": what}
        return raised
    if code == "payment_not_found":
        return Refused(404, "invalid_request_error", code, "No such payment.", param="id")
    return Refused(422, "invalid_request_error", code, _MESSAGES.get(code, "The payment does not allow this now."))
