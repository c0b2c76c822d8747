"""A claimed operation, and the answer that will be true once its outcome is recorded."""

from dataclasses import dataclass

from system.core.answers import (
    UNREACHABLE,
    Answer,
    Decided,
    after_asking,
    after_refusal,
    after_success,
    answer_of,
    declined_message,
)
from system.gateway import GatewayReply
from system.store.begin import Begin
from system.store.payments import Payment, Refund


@dataclass(frozen=True, slots=True)
class Work:
    """A claimed operation. ``payment`` is as T1 left it; ``amount_minor`` is resolved."""

    command: Begin
    key_id: int
    amount_minor: int
    payment: Payment
    refund: Refund | None


def expected_answer(
    work: Work, reply: GatewayReply, state: str, gateway: str, now: int, expires_at_us: int
) -> tuple[Answer, str, str]:
    """The answer as it will be true once T3 is committed; a payer who is asked has time until ``expires_at_us``."""
    command = work.command
    payment, refund = work.payment, work.refund
    code, message = reply.code, ""
    operation = {"succeeded": "succeeded", "unknown": "unknown", "declined": "declined"}.get(state, "failed")
    if state == "requires_action":
        operation = state
        payment = after_asking(payment, expires_at_us=expires_at_us, now_us=now)
    elif operation == "succeeded":
        payment = after_success(command.kind, payment, amount_minor=work.amount_minor, gateway=gateway, now_us=now)
    elif operation in ("declined", "failed"):
        code = (code or "declined") if operation == "declined" else UNREACHABLE
        message = declined_message(code) if operation == "declined" else "No gateway could be reached."
        payment = after_refusal(command.kind, payment, code=code, message=message, now_us=now)
    if refund is not None:
        status = {"succeeded": "succeeded", "unknown": "pending"}.get(operation, "failed")
        refund = Refund(
            refund.refund_id,
            refund.payment_id,
            refund.amount_minor,
            refund.currency,
            status,
            refund.reference,
            refund.created_at_us,
        )
    decided = Decided(command.kind, operation, code, command.correlation_id)
    return answer_of(decided, payment, refund), code, message
