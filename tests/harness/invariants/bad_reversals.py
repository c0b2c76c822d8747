"""What gateways took back: told well for a sound day, and the ways in which a platform gets it wrong."""

from collections.abc import Callable

from tests.harness.invariants.story import Paid, Row, Story, at


def refund_taken_back(story: Story, at_s: float, amount_minor: int = 700) -> tuple[Paid, Row]:
    """A refund that its gateway takes back; return the payment and the movement."""
    paid = story.sale(at_s)
    story.refund(paid, at_s + 0.2, amount_minor)
    refund, attempt = story.last("refunds"), story.last("attempts")
    moved = dict(story.last("gateway_movements"))
    story.add("gateway_movements", **{**moved, "movement_id": story.new("fr_"), "kind": "refund_failed",
                                      "at_us": at(at_s + 0.5)})  # fmt: skip
    story.find("gateway_charges", charge_id=paid.charge_id)["refunded_minor"] = 0
    story.booked(paid, at_s + 0.6, attempt["attempt_id"], amount_minor)
    attempt["state"], attempt["code"], refund["status"] = "reversed", "refund_failed", "failed"
    payment = story.find("payments", payment_id=paid.payment_id)
    before = payment["status"]
    payment.update(refunded_minor=0, refund_reserved_minor=0)
    story.moved(paid, at_s + 0.6, before, "captured", "refund.failed")
    story.last("status_history")["cause"] = f"refund_failed:{refund['operation_id']}"
    return paid, story.last("gateway_movements")


def disputed(story: Story, at_s: float) -> Paid:
    """A payment whose money its shopper's bank takes back, and of which a refund is refused then."""
    paid = story.sale(at_s)
    moved = dict(story.last("gateway_movements"))
    story.add("gateway_movements", **{**moved, "movement_id": story.new("dp_"), "kind": "dispute",
                                      "at_us": at(at_s + 0.3)})  # fmt: skip
    story.booked(paid, at_s + 0.4, paid.attempt_id, -paid.amount_minor)
    story.moved(paid, at_s + 0.4, "captured", "captured", "payment.disputed")
    story.last("status_history")["cause"] = f"disputed:{paid.operation_id}"
    refused = story.change("refund", paid, at_s + 0.8, 500)
    refused.update(outcome="FAILED", http_status=422, error_code="payment_disputed", got_payment_id=None)
    return paid


def hold_lapsed(story: Story, at_s: float, *, kind: str = "expire", status: str = "expired") -> Paid:
    """An authorisation that lapses at its gateway."""
    paid = story.authorization(at_s)
    held = dict(story.last("gateway_movements"))
    story.add("gateway_movements", **{**held, "movement_id": story.new("lapse_"), "kind": kind, "operation_id": "",
                                      "attempt_id": "", "gateway_key": "", "at_us": at(at_s + 0.3)})  # fmt: skip
    story.find("gateway_charges", charge_id=paid.charge_id)["status"] = "expired" if kind == "expire" else "voided"
    story.moved(paid, at_s + 0.4, "authorized", status, f"payment.{status}")
    return paid


def taken_back(story: Story) -> None:
    """A sound day's share of it."""
    for number in range(3):
        refund_taken_back(story, 2.0 + number)
        disputed(story, 2.1 + number)
        hold_lapsed(story, 2.2 + number)
        hold_lapsed(story, 2.3 + number, kind="void", status="canceled")
    for number in range(5):
        payer_asked(story, 2.4 + number)


def a_refund_that_failed_still_stands(story: Story) -> None:
    paid, failed = refund_taken_back(story, 1.0)
    forget_last_step(story, paid, "partially_refunded")
    story.find("refunds", operation_id=failed["operation_id"])["status"] = "succeeded"
    story.find("payments", payment_id=paid.payment_id).update(refunded_minor=700, refund_reserved_minor=700)
    del story.rows["postings"][-2:]


def a_refund_that_failed_is_not_booked_back(story: Story) -> None:
    refund_taken_back(story, 1.0)
    del story.rows["postings"][-2:]


def a_refund_that_failed_stays_reserved(story: Story) -> None:
    paid, _ = refund_taken_back(story, 1.0)
    story.find("payments", payment_id=paid.payment_id)["refund_reserved_minor"] = 700


def a_disputed_payment_is_refunded_as_well(story: Story) -> None:
    paid = disputed(story, 1.0)
    story.refund(paid, 2.0, 500)


def a_dispute_is_not_booked(story: Story) -> None:
    disputed(story, 1.0)
    del story.rows["postings"][-2:]


def a_hold_that_expired_is_still_authorized(story: Story) -> None:
    paid = hold_lapsed(story, 1.0)
    forget_last_step(story, paid, "authorized")


def a_hold_that_expired_is_captured(story: Story) -> None:
    paid = hold_lapsed(story, 1.0)
    forget_last_step(story, paid, "authorized")
    story.capture(paid, 2.0)


def payer_asked(story: Story, at_s: float) -> Paid:
    """A payment whose payer is asked and never answers: it is given up, at its gateway too."""
    paid = story.decline(at_s)
    charge = story.find("gateway_charges", charge_id=paid.charge_id)
    charge["status"] = "canceled"
    payment = story.find("payments", payment_id=paid.payment_id)
    payment["version"] -= 1
    step, event, sunk = story.last("status_history"), story.last("outbox"), story.last("sink_events")
    step["to_status"], event["type"], sunk["type"] = (
        "requires_action",
        "payment.requires_action",
        "payment.requires_action",
    )
    payment["version"] += 1
    sunk["told_status"] = "requires_action"
    story.moved(paid, at_s + 2, "requires_action", "expired", "payment.expired")
    story.find("history", got_payment_id=paid.payment_id)["got_status"] = "expired"
    return paid


def a_payment_is_given_up_here_alone(story: Story) -> None:
    paid = payer_asked(story, 1.0)
    story.find("gateway_charges", charge_id=paid.charge_id)["status"] = "requires_action"


def forget_last_step(story: Story, paid: Paid, status: str) -> None:
    """Undo the last step of a payment with everything that told of it."""
    payment = story.find("payments", payment_id=paid.payment_id)
    payment.update(status=status, version=payment["version"] - 1)
    for table in ("status_history", "outbox", "webhook_deliveries", "delivery_attempts", "sink_events"):
        story.rows[table].pop()


BAD: list[tuple[Callable[[Story], None], set[str]]] = [
    (a_refund_that_failed_still_stands, {"I44", "I16"}),
    (a_refund_that_failed_is_not_booked_back, {"I16"}),
    (a_refund_that_failed_stays_reserved, {"I44"}),
    (a_disputed_payment_is_refunded_as_well, {"I13"}),
    (a_dispute_is_not_booked, {"I16"}),
    (a_hold_that_expired_is_still_authorized, {"I45"}),
    (a_payment_is_given_up_here_alone, {"I46"}),
    (a_hold_that_expired_is_captured, {"I12", "I45"}),
]
