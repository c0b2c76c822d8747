"""Turning periods that have begun into invoices, in the transaction that holds the subscription's row."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from system.decisions import billing, periods
from system.decisions.billing import Fate, Owed, Pause
from system.decisions.periods import Cadence
from system.ids import new_id
from system.store.connection import Connection
from system.store.invoices import ClaimInvoices, Invoice, InvoiceState, claim_invoices, store_invoices
from system.store.subscriptions import Subscription, pauses_of, save

AT_ONCE = 50
"""How many periods of one subscription are invoiced in one transaction at most."""


@dataclass(frozen=True, slots=True)
class BillingRules:
    """The replaceable decisions about subscriptions; the sound ones are at the functions that are named here."""

    boundary_us: Callable[[Cadence, int], int] = periods.boundary_us
    anchor_us: Callable[[int, str, int], int] = periods.days_later_us
    """(start, zone, days of trial) -> when the first period begins."""
    following: Callable[[Cadence, int, int], int] = field(default=lambda cadence, period, now_us: period + 1)
    """(cadence, period, now) -> the period that is invoiced next: the one after it, however late it is."""
    fate_of: Callable[[int, int | None, Iterable[Pause]], Fate] = billing.fate_of
    owed: Callable[[int, int], Owed] = billing.owed
    proration_minor: Callable[[int, int, int, int, int], int] = billing.proration_minor
    """(old price, new price, period's start, its end, now) -> what is added to the next invoice."""
    next_try_us: Callable[[int, int, Sequence[float]], int | None] = billing.next_try_us
    charge_key: Callable[[str, int, int], str] = billing.charge_key
    claim: ClaimInvoices = claim_invoices


async def advance(
    connection: Connection, subscription: Subscription, now_us: int, rules: BillingRules
) -> tuple[Subscription, int]:
    """Invoice the periods of a locked subscription that have begun; return it as it is now, and how many there were.

    Inside a transaction. Each begins where the rule puts it, whenever that is noticed.
    """
    pauses = await pauses_of(connection, subscription.subscription_id)
    made: list[Invoice] = []
    while subscription.next_start_us <= now_us and len(made) < AT_ONCE:
        found = _invoice(subscription, pauses, now_us, rules)
        if found is None:
            break
        subscription, invoice = found
        made.append(invoice)
    if made:
        await store_invoices(connection, made)
        await save(connection, subscription)
    return subscription, len(made)


def _invoice(
    subscription: Subscription, pauses: Sequence[Pause], now_us: int, rules: BillingRules
) -> tuple[Subscription, Invoice] | None:
    """The next period's invoice, and the subscription after it; None where the subscription has ended before it."""
    period, starts_at_us = subscription.next_period, subscription.next_start_us
    fate = rules.fate_of(starts_at_us, subscription.ends_at_us, pauses)
    if fate is Fate.NONE:
        return None
    bill = Owed(0, subscription.pending_minor)
    if fate is Fate.BILLED:
        bill = rules.owed(subscription.price_minor, subscription.pending_minor)
    state = (
        InvoiceState.SKIPPED if fate is Fate.SKIPPED else InvoiceState.OPEN if bill.amount_minor else InvoiceState.PAID
    )
    invoice = Invoice(
        invoice_id=new_id("inv_"),
        subscription_id=subscription.subscription_id,
        merchant_id=subscription.merchant_id,
        period=period,
        starts_at_us=starts_at_us,
        ends_at_us=rules.boundary_us(subscription.cadence, period + 1),
        amount_minor=bill.amount_minor,
        currency=subscription.currency,
        exponent=subscription.exponent,
        state=state,
        due_at_us=starts_at_us,
        created_at_us=now_us,
        settled_at_us=None if state is InvoiceState.OPEN else now_us,
    )
    coming = rules.following(subscription.cadence, period, now_us)
    later = replace(
        subscription,
        next_period=coming,
        next_start_us=rules.boundary_us(subscription.cadence, coming),
        pending_minor=bill.carried_minor,
    )
    return later, invoice
