"""A claimed operation, and the answer that will be true once its outcome is recorded."""

from dataclasses import dataclass, replace

from system.core.answers import Answer, Decided, after_asking, after_refusal, after_success, answer_of
from system.states import AttemptState, OperationState, RefundStatus
from system.store.begin import Begin
from system.store.payments import Payment, Refund
from system.store.record import Record


@dataclass(frozen=True, slots=True)
class Work:
    """A claimed operation. ``payment`` is as T1 left it; ``amount_minor`` is resolved."""

    command: Begin
    key_id: int
    amount_minor: int
    payment: Payment
    refund: Refund | None


def expected_answer(work: Work, command: Record, gateway: str) -> Answer:
    """The answer as it will be true once this is recorded."""
    kind, now_us, code = work.command.kind, command.now_us, command.code or ""
    payment, refund, state = work.payment, work.refund, OPERATION_STATES[command.state]
    if state is OperationState.REQUIRES_ACTION:
        payment = after_asking(payment, expires_at_us=command.expires_at_us or 0, now_us=now_us)
    elif state is OperationState.SUCCEEDED:
        payment = after_success(kind, payment, amount_minor=work.amount_minor, gateway=gateway, now_us=now_us)
    elif state in (OperationState.DECLINED, OperationState.FAILED):
        payment = after_refusal(kind, payment, code=code, message=command.message or "", now_us=now_us)
    if refund is not None:
        refund = replace(refund, status=_REFUNDS.get(state, RefundStatus.FAILED))
    return answer_of(Decided(kind, state, code, work.command.correlation_id), payment, refund)


OPERATION_STATES = {
    AttemptState.SUCCEEDED: OperationState.SUCCEEDED,
    AttemptState.UNKNOWN: OperationState.UNKNOWN,
    AttemptState.REQUIRES_ACTION: OperationState.REQUIRES_ACTION,
    AttemptState.DECLINED: OperationState.DECLINED,
    AttemptState.NOT_EXECUTED: OperationState.FAILED,
}
"""What an attempt's state means for its operation, where no other attempt follows."""

_REFUNDS = {OperationState.SUCCEEDED: RefundStatus.SUCCEEDED, OperationState.UNKNOWN: RefundStatus.PENDING}
