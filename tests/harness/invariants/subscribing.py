"""Subscriptions told by hand: each period with its invoice and its charge."""

from collections.abc import Callable
from typing import Any

from tests.harness.invariants.story import Row, Story, at

DAY_US = 86_400_000_000
Charge = Callable[[Story, str, int, int], object]


def subscribed(story: Story, *, periods: int = 6, charge: Charge | None = None, **values: Any) -> str:
    """Add a subscription that was billed for so many days, each paid by a charge at a gateway."""
    name = story.new("sub_")
    start_us = at(0) - (periods - 1) * DAY_US
    row = {
        "subscription_id": name, "merchant_id": "m_alpha", "reference": name, "plan_id": "plan_1", "price_minor": 1000,
        "currency": "EUR", "exponent": 2, "zone": "UTC", "unit": "day", "unit_count": 1, "trial_days": 0,
        "started_at_us": start_us, "anchor_us": start_us, "next_period": periods, "next_start_us": at(0) + DAY_US,
        "pending_minor": 0, "created_at_us": at(0), "read_at_us": at(30), **values,
    }  # fmt: skip
    story.add("subscriptions", **row)
    for period in range(periods):
        invoiced(story, row, period, charge or charged)
    return name


def invoiced(story: Story, row: Row, period: int, charge: Charge) -> None:
    """Add a period's paid invoice and its charge."""
    name, anchor_us = row["subscription_id"], row["anchor_us"]
    invoice = {
        "invoice_id": story.new("inv_"), "subscription_id": name, "merchant_id": "m_alpha", "period": period,
        "starts_at_us": anchor_us + period * DAY_US, "ends_at_us": anchor_us + (period + 1) * DAY_US,
        "amount_minor": row["price_minor"], "currency": "EUR", "state": "paid", "tries": 1, "declines": 0,
        "due_at_us": at(0), "created_at_us": at(0), "settled_at_us": at(1),
    }  # fmt: skip
    story.add("invoices", **invoice)
    charge(story, name, period, invoice["amount_minor"])


def charged(story: Story, name: str, period: int, amount_minor: int = 1000) -> None:
    """Add a charge for a period at a gateway."""
    operation, attempt = story.new("op_"), story.new("att_")
    story.add(
        "gateway_charges", gateway="stripe", charge_id=story.new("pi_"), operation_id=operation, attempt_id=attempt,
        payment_id=story.new("pay_"), merchant_id="m_alpha", reference=f"{name}/{period}", gateway_key=attempt,
        amount_minor=amount_minor, currency="EUR", status="captured", authorized_minor=amount_minor,
        captured_minor=amount_minor, refunded_minor=0, disputed_minor=0, executed=True, created_at_us=at(1),
    )  # fmt: skip


def billed(story: Story) -> None:
    """Four subscribers with six periods each, charged as any payment is, by a biller and no client."""
    for _ in range(4):
        subscribed(story, charge=_whole)


def _whole(story: Story, name: str, period: int, amount_minor: int) -> None:
    story.sale(1.0 + period / 10, told=False, reference=f"{name}/{period}", amount_minor=amount_minor)


def a_period_without_an_invoice(story: Story) -> None:
    billed(story)
    story.rows["invoices"].pop(2)


def a_period_that_begins_an_hour_late(story: Story) -> None:
    billed(story)
    story.rows["invoices"][3]["starts_at_us"] += 3_600_000_000


BAD: list[tuple[Callable[[Story], None], set[str]]] = [
    (a_period_without_an_invoice, {"I34"}),
    (a_period_that_begins_an_hour_late, {"I34"}),
]
