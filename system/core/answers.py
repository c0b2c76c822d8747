"""Which status and body an operation's state means for its client. Pure; the same table for every way to get there."""

from dataclasses import dataclass, replace

from system.attempts.messages import HOLD_GONE, UNREACHABLE, declined_message
from system.core.bodies import encode, error_object, payment_object, refund_object
from system.core.resources import ErrorType
from system.gateway import CHARGES, Kind
from system.states import OperationState, PaymentStatus
from system.store.payments import Payment, Refund

UNAVAILABLE = "gateways_unavailable"
"""Refused at the door: nothing was written, the key is free again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client gets."""

    status_code: int
    body: bytes
    replayed: bool = False
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """An operation's state, and why it ended without effect."""

    kind: Kind
    state: OperationState
    code: str
    correlation_id: str


_OPEN = frozenset({OperationState.OPEN, OperationState.UNKNOWN, OperationState.MANUAL, OperationState.REQUIRES_ACTION})


def _good_status(kind: Kind) -> int:
    return 201 if kind in CHARGES or kind is Kind.REFUND else 200


def answer_of(
    decided: Decided, payment: Payment, refund: Refund | None = None, refund_ids: tuple[str, ...] = ()
) -> Answer:
    """The answer for an operation in this state."""
    resource = payment_object(payment, refund_ids) if refund is None else refund_object(refund)
    if decided.state is OperationState.SUCCEEDED:
        return Answer(_good_status(decided.kind), encode(resource))
    if decided.state in _OPEN:
        return Answer(202, encode(resource))
    type_: ErrorType
    if decided.state is OperationState.DECLINED:
        status_code, type_, code = 402, "card_error", decided.code or "declined"
        message = declined_message(code)
    else:
        status_code, type_, code = 503, "api_error", UNREACHABLE
        message = "No gateway could be reached; nothing was executed. A new request needs a new key."
    body = error_object(
        type_,
        code,
        message,
        definite=True,
        correlation_id=decided.correlation_id,
        payment=payment_object(payment, refund_ids) if refund is None else None,
        refund=None if refund is None else refund_object(refund),
    )
    return Answer(status_code, encode(body))


def after_success(kind: Kind, payment: Payment, *, amount_minor: int, gateway: str, now_us: int) -> Payment:
    """The payment as T3 will leave it, so that the reply can be stored in the same transaction."""
    step = payment.version + 1
    match kind:
        case Kind.AUTHORIZE:
            return replace(
                payment,
                status=PaymentStatus.AUTHORIZED,
                authorized_minor=amount_minor,
                gateway=gateway,
                version=step,
                updated_at_us=now_us,
            )
        case Kind.SALE:
            return replace(
                payment,
                status=PaymentStatus.CAPTURED,
                authorized_minor=amount_minor,
                captured_minor=amount_minor,
                gateway=gateway,
                version=step,
                updated_at_us=now_us,
            )
        case Kind.CAPTURE:
            captured = payment.captured_minor + amount_minor
            part = captured < payment.authorized_minor
            status = PaymentStatus.PARTIALLY_CAPTURED if part else PaymentStatus.CAPTURED
            return replace(payment, status=status, captured_minor=captured, version=step, updated_at_us=now_us)
        case Kind.VOID:
            return replace(payment, status=PaymentStatus.CANCELED, version=step, updated_at_us=now_us)
    return payment


def after_asking(payment: Payment, *, expires_at_us: int, now_us: int) -> Payment:
    """The payment that waits for its payer."""
    step = payment.version + 1
    waiting = PaymentStatus.REQUIRES_ACTION
    return replace(payment, status=waiting, expires_at_us=expires_at_us, version=step, updated_at_us=now_us)


def after_refusal(kind: Kind, payment: Payment, *, code: str, message: str, now_us: int) -> Payment:
    """The payment after an operation that ended without effect; one that met no hold any more tells of that as well."""
    if code in HOLD_GONE and kind in (Kind.CAPTURE, Kind.VOID):
        status, message = PaymentStatus(code.removeprefix("hold_")), HOLD_GONE[code]
    elif kind in CHARGES:
        status = PaymentStatus.FAILED
    else:
        return payment
    return replace(
        payment,
        status=status,
        error_code=code,
        error_message=message,
        version=payment.version + 1,
        updated_at_us=now_us,
    )
