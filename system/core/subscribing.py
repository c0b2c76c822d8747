"""What merchants do with subscriptions: begin one, pause, resume, change and cancel it.

Every change holds the subscription's row and first invoices the periods that have begun, so that a period costs what
was agreed when it began, however late the billers are.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

from system.clock import app_us
from system.core.failures import Refused
from system.decisions.billing import Fate, fate_of
from system.platform import Platform
from system.store.connection import Connection
from system.store.invoices_read import is_behind
from system.store.invoicing import BillingRules, advance
from system.store.plans import Plan, find_plan
from system.store.subscriptions import (
    Change,
    ChangeKind,
    Subscription,
    find_subscription,
    note,
    pauses_of,
    save,
    store_subscription,
)

Ending = Literal["now", "period_end"]
Changed = tuple[Subscription, Change | None]
Step = Callable[[Connection, Subscription, int], Awaitable[Changed]]
"""(connection, the locked subscription, the moment of the change) -> how it is then, and what to write down."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A subscription as it is after a request. ``behind``: an invoice of it was declined and is not paid yet."""

    subscription: Subscription
    behind: bool
    now_us: int


def refused(code: str, message: str, param: str | None = None, status_code: int = 422) -> Refused:
    """A request that this subscription, or this merchant's books, do not allow."""
    return Refused(status_code, "invalid_request_error", code, message, param=param)


async def begin(platform: Platform, subscription: Subscription, *, timed: bool) -> tuple[Shown, bool]:
    """Store a subscription, and whether it is new; under a reference that was used for the same it is the first one.

    ``timed``: its start was named, and is now otherwise.

    Raises Refused, and what the database raises.
    """
    async with platform.database.connection() as connection:
        async with connection.transaction():
            found = await store_subscription(connection, subscription)
            new = found.subscription_id == subscription.subscription_id
            if new:
                await note(connection, found.subscription_id, Change(ChangeKind.CREATED, found.started_at_us))
        connection.require_certain()
        read_on = connection.generation
        behind = not new and await is_behind(connection, found.subscription_id)
    if not new:
        await platform.durable.confirm(read_on)
    if not found.same_terms(subscription, timed=timed):
        message = f"{found.subscription_id} has this reference, and other terms."
        raise refused("subscription_reference_used", message, "merchant_reference")
    return Shown(found, behind, app_us()), new


async def change(platform: Platform, subscription_id: str, merchant_id: str, step: Step) -> Shown:
    """Carry out one change of a subscription that has not ended. Raises Refused, and what the database raises."""
    now_us, rules = app_us(), platform.seams.billing
    async with platform.database.connection() as connection:
        async with connection.transaction():
            found = await find_subscription(connection, subscription_id, merchant_id, lock=True)
            if found is not None:
                found = await _changed(connection, found, now_us, rules, step)
                behind = await is_behind(connection, subscription_id)
        connection.require_certain()
        read_on = connection.generation
    if found is None:
        await platform.durable.confirm(read_on)
        raise refused("subscription_not_found", "No such subscription.", "id", 404)
    return Shown(found, behind, now_us)


async def _changed(
    connection: Connection, found: Subscription, now_us: int, rules: BillingRules, step: Step
) -> Subscription:
    made = 1
    while made:
        found, made = await advance(connection, found, now_us, rules)
    # A biller whose clock is a little ahead may have invoiced a period that begins later than it is here: it stays.
    if found.next_period:
        now_us = max(now_us, rules.boundary_us(found.cadence, found.next_period - 1) + 1)
    changed, told = await step(connection, found, now_us)
    if told is not None:
        await save(connection, changed)
        await note(connection, changed.subscription_id, told)
    return changed


def _require_open(subscription: Subscription, now_us: int) -> None:
    if subscription.ends_at_us is not None and subscription.ends_at_us <= now_us:
        raise refused("subscription_ended", "This subscription has ended.")


async def pause(_connection: Connection, subscription: Subscription, now_us: int) -> Changed:
    """Periods that begin from now on are skipped. One that is paused stays so."""
    _require_open(subscription, now_us)
    if subscription.paused_at_us is not None:
        return subscription, None
    return replace(subscription, paused_at_us=now_us), Change(ChangeKind.PAUSED, now_us)


async def resume(_connection: Connection, subscription: Subscription, now_us: int) -> Changed:
    """Periods that begin from now on are billed again. One that is not paused stays as it is."""
    _require_open(subscription, now_us)
    if subscription.paused_at_us is None:
        return subscription, None
    return replace(subscription, paused_at_us=None), Change(ChangeKind.RESUMED, now_us)


def cancel(at: Ending) -> Step:
    """End it, now or where the period that has begun ends. What was invoiced stays owed."""

    async def step(_connection: Connection, subscription: Subscription, now_us: int) -> Changed:
        ends_at_us = now_us if at == "now" else subscription.next_start_us
        if subscription.ends_at_us is not None and subscription.ends_at_us <= ends_at_us:
            return subscription, None
        ended = replace(subscription, ends_at_us=ends_at_us, end_reason="canceled")
        return ended, Change(ChangeKind.CANCELED, ends_at_us)

    return step


def change_method(payment_method: str) -> Step:
    """Charge another payment method from now on, open invoices included."""

    async def step(_connection: Connection, subscription: Subscription, now_us: int) -> Changed:
        _require_open(subscription, now_us)
        if subscription.payment_method == payment_method:
            return subscription, None
        return replace(subscription, payment_method=payment_method), Change(ChangeKind.METHOD_CHANGED, now_us)

    return step


def change_plan(plan_id: str, rules: BillingRules) -> Step:
    """Another price from the next period on, and the difference for the rest of this one with the next invoice."""

    async def step(connection: Connection, subscription: Subscription, now_us: int) -> Changed:
        _require_open(subscription, now_us)
        plan = await find_plan(connection, plan_id, subscription.merchant_id)
        if plan is None:
            raise refused("plan_not_found", "No such plan.", "plan", 404)
        if plan.plan_id == subscription.plan_id:
            return subscription, None
        _require_alike(subscription, plan)
        prorated_minor = await _prorated(connection, subscription, plan, now_us, rules)
        changed = replace(
            subscription,
            plan_id=plan.plan_id,
            price_minor=plan.amount_minor,
            pending_minor=subscription.pending_minor + prorated_minor,
        )
        prices = subscription.price_minor, plan.amount_minor
        return changed, Change(ChangeKind.PLAN_CHANGED, now_us, *prices, prorated_minor)

    return step


def _require_alike(subscription: Subscription, plan: Plan) -> None:
    theirs = plan.currency, plan.unit, plan.unit_count
    if theirs != (subscription.currency, subscription.unit, subscription.unit_count):
        message = "A plan can be changed for one of the same currency and interval only."
        raise refused("plan_not_compatible", message, "plan")


async def _prorated(
    connection: Connection, subscription: Subscription, plan: Plan, now_us: int, rules: BillingRules
) -> int:
    """What the rest of the present period is worth; nothing where it was not billed: in a trial or a pause."""
    period = subscription.next_period - 1
    if period < 0:
        return 0
    starts_at_us = rules.boundary_us(subscription.cadence, period)
    pauses = await pauses_of(connection, subscription.subscription_id)
    if fate_of(starts_at_us, None, pauses) is not Fate.BILLED:
        return 0
    ends_at_us = rules.boundary_us(subscription.cadence, period + 1)
    return rules.proration_minor(subscription.price_minor, plan.amount_minor, starts_at_us, ends_at_us, now_us)
