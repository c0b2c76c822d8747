"""The bytes of our answers. A body is rendered once, stored with its outcome, and replayed as it is."""

from typing import Any

import msgspec

from system.clock import iso
from system.money import format_amount
from system.store.payments import Payment, Refund

encode = msgspec.json.encode


def payment_object(payment: Payment, refund_ids: tuple[str, ...] = ()) -> dict[str, Any]:
    """The public form of a payment."""
    error, waiting = None, payment.status == "requires_action"
    if payment.error_code is not None:
        error = {"code": payment.error_code, "message": payment.error_message or ""}
    return {
        "id": payment.payment_id,
        "object": "payment",
        "merchant_id": payment.merchant_id,
        "amount_minor": payment.amount_minor,
        "amount": format_amount(payment.amount_minor, payment.exponent),
        "currency": payment.currency,
        "status": payment.status,
        "capture": payment.capture_mode,
        "authorized_minor": payment.authorized_minor,
        "captured_minor": payment.captured_minor,
        "refunded_minor": payment.refunded_minor,
        "refundable_minor": 0 if payment.disputed_minor else payment.captured_minor - payment.refund_reserved_minor,
        "disputed_minor": payment.disputed_minor,
        "expires_at": iso(payment.expires_at_us) if waiting and payment.expires_at_us else None,
        "gateway": payment.gateway,
        "merchant_reference": payment.reference,
        "version": payment.version,
        "last_error": error,
        "created_at": iso(payment.created_at_us),
        "updated_at": iso(payment.updated_at_us),
        "refunds": refund_ids,
    }


def refund_object(refund: Refund) -> dict[str, Any]:
    """The public form of a refund."""
    return {
        "id": refund.refund_id,
        "object": "refund",
        "payment_id": refund.payment_id,
        "amount_minor": refund.amount_minor,
        "currency": refund.currency,
        "status": refund.status,
        "merchant_reference": refund.reference,
        "created_at": iso(refund.created_at_us),
    }


def error_object(
    type: str,
    code: str,
    message: str,
    *,
    param: str | None = None,
    definite: bool,
    correlation_id: str,
    payment: dict[str, Any] | None = None,
    refund: dict[str, Any] | None = None,
    existing: dict[str, str] | None = None,
) -> dict[str, Any]:
    """The one error shape, with the payment or the refund that it is about, if one exists.

    ``definite``: nothing happened, and nothing will unless the request is sent again.
    """
    error: dict[str, Any] = {
        "type": type,
        "code": code,
        "message": message,
        "param": param,
        "definite": definite,
        "correlation_id": correlation_id,
    }
    if payment is not None:
        error["payment"] = payment
    if refund is not None:
        error["refund"] = refund
    if existing is not None:
        error["existing"] = existing
    return {"error": error}
