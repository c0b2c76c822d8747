"""What the state of a charge means for its invoice. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from system.core.failures import Refused
from system.states import OperationState
from system.store.charge_of_key import KeyedCharge
from system.store.invoices import DueInvoice, InvoiceState, TryOutcome

_ENDS = {
    OperationState.SUCCEEDED: TryOutcome.PAID,
    OperationState.DECLINED: TryOutcome.DECLINED,
    OperationState.FAILED: TryOutcome.NOT_EXECUTED,
}


@dataclass(frozen=True, slots=True)
class End:
    """How a try ended, for certain."""

    outcome: TryOutcome
    payment_id: str | None
    code: str


def end_of(charge: KeyedCharge | None, refused: Refused | None) -> End | None:
    """How a try ended; None while nobody knows, or while it has not begun.

    A charge that the core refuses for what it is (an amount that no gateway takes) is declined: it would be so again.
    Not now (503) is no end.
    """
    if charge is not None:
        outcome = _ENDS.get(charge.state)
        return None if outcome is None else End(outcome, charge.payment_id, charge.code)
    if refused is not None and refused.definite and refused.status_code == 422:
        return End(TryOutcome.DECLINED, None, refused.code)
    return None


def state_after(
    invoice: DueInvoice,
    end: End,
    now_us: int,
    schedule_s: Sequence[float],
    next_try_us: Callable[[int, int, Sequence[float]], int | None],
) -> tuple[InvoiceState, int]:
    """The invoice after a try that ended, and when it is due (again), by the application's clock.

    A decline moves it along the dunning schedule. What no gateway executed counts for nothing and is tried again.
    """
    if end.outcome is TryOutcome.PAID:
        return InvoiceState.PAID, now_us
    if end.outcome is TryOutcome.NOT_EXECUTED:
        return InvoiceState.OPEN, now_us
    first_us = now_us if invoice.first_declined_at_us is None else invoice.first_declined_at_us
    due_us = next_try_us(invoice.declines + 1, first_us, schedule_s)
    return (InvoiceState.UNCOLLECTIBLE, now_us) if due_us is None else (InvoiceState.OPEN, due_us)
