"""The bytes of our answers. A body is rendered once, stored with its outcome, and replayed as it is."""

import msgspec

from system.clock import iso
from system.core import resources
from system.money import format_amount
from system.states import PaymentStatus
from system.store.payments import Payment, Refund

encode = msgspec.json.encode


def payment_object(payment: Payment, refund_ids: tuple[str, ...] = ()) -> resources.Payment:
    """The public form of a payment."""
    error, waiting = None, payment.status is PaymentStatus.REQUIRES_ACTION
    if payment.error_code is not None:
        error = resources.LastError(payment.error_code, payment.error_message or "")
    return resources.Payment(
        id=payment.payment_id,
        object="payment",
        merchant_id=payment.merchant_id,
        amount_minor=payment.amount_minor,
        amount=format_amount(payment.amount_minor, payment.exponent),
        currency=payment.currency,
        status=payment.status,
        capture=payment.capture_mode,
        authorized_minor=payment.authorized_minor,
        captured_minor=payment.captured_minor,
        refunded_minor=payment.refunded_minor,
        refundable_minor=0 if payment.disputed_minor else payment.captured_minor - payment.refund_reserved_minor,
        disputed_minor=payment.disputed_minor,
        dispute_state=payment.dispute_state,
        expires_at=iso(payment.expires_at_us) if waiting and payment.expires_at_us else None,
        gateway=payment.gateway,
        merchant_reference=payment.reference,
        version=payment.version,
        last_error=error,
        created_at=iso(payment.created_at_us),
        updated_at=iso(payment.updated_at_us),
        refunds=refund_ids,
    )


def refund_object(refund: Refund) -> resources.Refund:
    """The public form of a refund."""
    return resources.Refund(
        id=refund.refund_id,
        object="refund",
        payment_id=refund.payment_id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        status=refund.status,
        merchant_reference=refund.reference,
        created_at=iso(refund.created_at_us),
    )


def error_object(
    type: resources.ErrorType,
    code: str,
    message: str,
    *,
    param: str | None = None,
    definite: bool,
    correlation_id: str,
    payment: resources.Payment | None = None,
    refund: resources.Refund | None = None,
    existing: resources.Existing | None = None,
) -> resources.Error:
    """The one error shape, with the payment or the refund that it is about, if one exists.

    ``definite``: nothing happened, and nothing will unless the request is sent again.
    """
    return resources.Error(
        resources.ErrorDetail(
            type=type,
            code=code,
            message=message,
            param=param,
            definite=definite,
            correlation_id=correlation_id,
            payment=payment or msgspec.UNSET,
            refund=refund or msgspec.UNSET,
            existing=existing or msgspec.UNSET,
        )
    )
