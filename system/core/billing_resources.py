"""What merchants see of subscriptions: the public form of a plan, a subscription and an invoice."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from system.clock import iso
from system.core.resources import Currency, Minor, Moment
from system.decisions.periods import Unit
from system.money import format_amount
from system.store.invoices import InvoiceState
from system.store.invoices_read import InvoiceView
from system.store.plans import Plan as PlanRow
from system.store.subscriptions import Subscription as SubscriptionRow

SubscriptionStatus = Literal["trialing", "active", "past_due", "paused", "canceled"]


class Plan(Struct, frozen=True):
    """A price for each interval. It never changes; another price is another plan."""

    id: Annotated[str, Meta(examples=["plan_01JH0000000000000000000000"])]
    object: Literal["plan"]
    merchant_id: str
    merchant_reference: str
    amount_minor: Minor
    amount: Annotated[str, Meta(description="The same as a decimal string.", examples=["19.99"])]
    currency: Currency
    interval: Unit
    interval_count: int
    trial_days: int
    created_at: Moment


class Subscription(Struct, frozen=True):
    """A plan that somebody pays for, period after period."""

    id: Annotated[str, Meta(examples=["sub_01JH0000000000000000000000"])]
    object: Literal["subscription"]
    merchant_id: str
    merchant_reference: str
    plan: Annotated[str, Meta(description="The plan's id.")]
    status: SubscriptionStatus
    payment_method: str
    amount_minor: Annotated[int, Meta(description="What the next period costs, without what is pending.")]
    currency: Currency
    zone: Annotated[str, Meta(description="An IANA zone, by whose clocks periods begin.", examples=["Europe/Berlin"])]
    start_at: Moment
    anchor_at: Annotated[str, Meta(description="Where the trial ends and the first period begins. RFC 3339 in UTC.")]
    next_period: Annotated[int, Meta(description="The number, from 0, of the first period without an invoice.")]
    next_period_at: Annotated[str, Meta(description="When that period begins. RFC 3339 in UTC.")]
    pending_minor: Annotated[int, Meta(description="What changes of plan add to the next invoice; negative: a credit.")]
    ends_at: Annotated[str | None, Meta(description="No period that begins then or later is billed.")]
    end_reason: str | None
    created_at: Moment


class Invoice(Struct, frozen=True):
    """A period of a subscription, and what became of its price."""

    id: Annotated[str, Meta(examples=["inv_01JH0000000000000000000000"])]
    object: Literal["invoice"]
    subscription: str
    period: int
    starts_at: Moment
    ends_at: Moment
    amount_minor: Minor
    currency: Currency
    status: InvoiceState
    declines: Annotated[int, Meta(description="How often it was declined so far.")]
    due_at: Annotated[str, Meta(description="When it is tried (again), or was last. RFC 3339 in UTC.")]
    payment: Annotated[str | None, Meta(description="The id of the payment of the last try that ended.")]


class InvoiceList(Struct, frozen=True):
    """Invoices of one subscription, the newest first."""

    data: tuple[Invoice, ...]
    has_more: Annotated[bool, Meta(description="There are older ones.")]


def plan_object(plan: PlanRow) -> Plan:
    """The public form of a plan."""
    return Plan(
        id=plan.plan_id,
        object="plan",
        merchant_id=plan.merchant_id,
        merchant_reference=plan.reference,
        amount_minor=plan.amount_minor,
        amount=format_amount(plan.amount_minor, plan.exponent),
        currency=plan.currency,
        interval=plan.unit,
        interval_count=plan.unit_count,
        trial_days=plan.trial_days,
        created_at=iso(plan.created_at_us),
    )


def status_of(subscription: SubscriptionRow, *, behind: bool, now_us: int) -> SubscriptionStatus:
    """What a subscription is now. ``behind``: an invoice of it was declined and is not paid yet."""
    if subscription.ends_at_us is not None and subscription.ends_at_us <= now_us:
        return "canceled"
    if subscription.paused_at_us is not None:
        return "paused"
    if behind:
        return "past_due"
    return "trialing" if now_us < subscription.anchor_us else "active"


def subscription_object(subscription: SubscriptionRow, *, behind: bool, now_us: int) -> Subscription:
    """The public form of a subscription."""
    ends_at_us = subscription.ends_at_us
    return Subscription(
        id=subscription.subscription_id,
        object="subscription",
        merchant_id=subscription.merchant_id,
        merchant_reference=subscription.reference,
        plan=subscription.plan_id,
        status=status_of(subscription, behind=behind, now_us=now_us),
        payment_method=subscription.payment_method,
        amount_minor=subscription.price_minor,
        currency=subscription.currency,
        zone=subscription.zone,
        start_at=iso(subscription.started_at_us),
        anchor_at=iso(subscription.anchor_us),
        next_period=subscription.next_period,
        next_period_at=iso(subscription.next_start_us),
        pending_minor=subscription.pending_minor,
        ends_at=None if ends_at_us is None else iso(ends_at_us),
        end_reason=subscription.end_reason,
        created_at=iso(subscription.created_at_us),
    )


def invoice_object(invoice: InvoiceView) -> Invoice:
    """The public form of an invoice."""
    return Invoice(
        id=invoice.invoice_id,
        object="invoice",
        subscription=invoice.subscription_id,
        period=invoice.period,
        starts_at=iso(invoice.starts_at_us),
        ends_at=iso(invoice.ends_at_us),
        amount_minor=invoice.amount_minor,
        currency=invoice.currency,
        status=invoice.state,
        declines=invoice.declines,
        due_at=iso(invoice.due_at_us),
        payment=invoice.payment_id,
    )
