"""Which status and body an operation's state means for its client. Pure; the same table for every way to get there."""

from dataclasses import dataclass, replace

from system.core.bodies import encode, error_object, payment_object, refund_object
from system.gateway import AUTHENTICATION_TIMEOUT
from system.store.payments import Payment, Refund

UNAVAILABLE = "gateways_unavailable"
"""Refused at the door: nothing was written, the key is free again."""

UNREACHABLE = "gateway_unreachable"
"""Accepted, then provably not executed at any gateway: final for this key, and stored."""


HOLD_GONE = {
    "hold_expired": "The authorization expired before it was captured.",
    "hold_canceled": "The gateway released the authorization.",
}
"""Why there is nothing to capture or to void any more, as the payment says it from then on."""


def declined_message(code: str) -> str:
    """Why a declined operation came to nothing, for people; the same whoever learns it first."""
    if code == AUTHENTICATION_TIMEOUT:
        return "The payer did not confirm it in time."
    return HOLD_GONE.get(code) or f"The gateway declined it ({code})."


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

    kind: str
    state: str
    """open | succeeded | declined | failed | unknown | manual"""
    code: str
    correlation_id: str


def _good_status(kind: str) -> int:
    return 201 if kind in ("sale", "authorize", "refund") else 200


def answer_of(
    decided: Decided, payment: Payment, refund: Refund | None = None, refund_ids: tuple[str, ...] = ()
) -> Answer:
    """The answer for an operation in this state."""
    resource = payment_object(payment, refund_ids) if refund is None else refund_object(refund)
    if decided.state == "succeeded":
        return Answer(_good_status(decided.kind), encode(resource))
    if decided.state in ("open", "unknown", "manual", "requires_action"):
        return Answer(202, encode(resource))
    if decided.state == "declined":
        status_code, kind, code = 402, "card_error", decided.code or "declined"
        message = declined_message(code)
    else:
        status_code, kind, code = 503, "api_error", UNREACHABLE
        message = "No gateway could be reached; nothing was executed. A new request needs a new key."
    body = error_object(
        kind,
        code,
        message,
        definite=True,
        correlation_id=decided.correlation_id,
        payment=payment_object(payment, refund_ids) if refund is None else None,
        refund=None if refund is None else refund_object(refund),
    )
    return Answer(status_code, encode(body))


def after_success(kind: str, payment: Payment, *, amount_minor: int, gateway: str, now_us: int) -> Payment:
    """The payment as T3 will leave it, so that the reply can be stored in the same transaction."""
    step = payment.version + 1
    match kind:
        case "authorize":
            return replace(
                payment,
                status="authorized",
                authorized_minor=amount_minor,
                gateway=gateway,
                version=step,
                updated_at_us=now_us,
            )
        case "sale":
            return replace(
                payment,
                status="captured",
                authorized_minor=amount_minor,
                captured_minor=amount_minor,
                gateway=gateway,
                version=step,
                updated_at_us=now_us,
            )
        case "capture":
            captured = payment.captured_minor + amount_minor
            status = "partially_captured" if captured < payment.authorized_minor else "captured"
            return replace(payment, status=status, captured_minor=captured, version=step, updated_at_us=now_us)
        case "void":
            return replace(payment, status="canceled", version=step, updated_at_us=now_us)
    return payment


def after_asking(payment: Payment, *, expires_at_us: int, now_us: int) -> Payment:
    """The payment that waits for its payer."""
    step = payment.version + 1
    return replace(payment, status="requires_action", expires_at_us=expires_at_us, version=step, updated_at_us=now_us)


def after_refusal(kind: str, payment: Payment, *, code: str, message: str, now_us: int) -> Payment:
    """The payment after an operation that ended without effect; one that met no hold any more tells of that as well."""
    if code in HOLD_GONE and kind in ("capture", "void"):
        status, message = code.removeprefix("hold_"), HOLD_GONE[code]
    elif kind in ("authorize", "sale"):
        status = "failed"
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
