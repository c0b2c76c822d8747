"""Disputes: told well for a sound day, and the ways in which a platform gets their money or their end wrong."""

from collections.abc import Callable

from tests.harness.invariants.story import Paid, Row, Story, at

FEE = 2000
KINDS = {"dispute": -1, "dispute_fee": -1, "dispute_reversal": 1}


def moves(
    story: Story, paid: Paid, made: Row, at_s: float, kind: str, amount_minor: int, *, booked: bool = True
) -> None:
    """Let a dispute move money at its gateway, and book it."""
    taken = story.find("gateway_movements", charge_id=paid.charge_id, kind="capture")
    story.add("gateway_movements", **{**taken, "movement_id": story.new("dpm_"), "kind": kind, "at_us": at(at_s),
                                      "amount_minor": amount_minor, "dispute_id": made["dispute_id"]})  # fmt: skip
    if booked:
        book(story, paid, at_s + 0.1, kind, amount_minor)


def book(story: Story, paid: Paid, at_s: float, kind: str, amount_minor: int) -> None:
    story.booked(paid, at_s, paid.attempt_id, KINDS[kind] * amount_minor)
    for row in story.rows["postings"][-2:]:
        row["cause"] = f"{kind}:{ours(story, paid)['dispute_id']}"


def ours(story: Story, paid: Paid) -> Row:
    return story.find("disputes", payment_id=paid.payment_id)


def opened(story: Story, at_s: float, state: str = "needs_response", amount_minor: int = 1999) -> tuple[Paid, Row]:
    """A payment that is disputed; return it with its gateway's row of the dispute."""
    paid = story.sale(at_s, amount_minor=amount_minor)
    charge = story.find("gateway_charges", charge_id=paid.charge_id)
    ids = ("operation_id", "attempt_id", "payment_id", "merchant_id", "reference", "gateway_key")
    made = story.add(
        "gateway_disputes", gateway=paid.gateway, dispute_id=story.new("dp_"), charge_id=paid.charge_id,
        **{name: charge.get(name) for name in ids}, amount_minor=amount_minor, currency=paid.currency, state=state,
        status=state, created_at_us=at(at_s + 0.3), updated_at_us=at(at_s + 0.3),
    )  # fmt: skip
    row = story.add(
        "disputes", dispute_id=story.new("dsp_"), gateway=paid.gateway, reference=made["dispute_id"],
        attempt_id=paid.attempt_id, payment_id=paid.payment_id, merchant_id=paid.merchant_id,
        amount_minor=amount_minor, currency=paid.currency, reason="fraudulent", state=state, withdrawn_minor=0,
        fee_minor=0, reinstated_minor=0, opened_at_us=at(at_s + 0.4), updated_at_us=at(at_s + 0.4),
    )  # fmt: skip
    step(story, paid, at_s + 0.4, "", state)
    if state == "needs_response":
        moves(story, paid, made, at_s + 0.3, "dispute", amount_minor)
        moves(story, paid, made, at_s + 0.3, "dispute_fee", FEE)
        row.update(withdrawn_minor=amount_minor, fee_minor=FEE)
    told = "disputed" if state == "needs_response" else "dispute_opened"
    told_of(story, paid, at_s + 0.4, told)
    return paid, made


def step(story: Story, paid: Paid, at_s: float, before: str, after: str) -> None:
    row = ours(story, paid)
    story.add("dispute_transitions", dispute_id=row["dispute_id"], payment_id=paid.payment_id, from_state=before,
              to_state=after, evidence="webhook", at_us=at(at_s))  # fmt: skip
    row["state"] = after
    story.find("payments", payment_id=paid.payment_id)["dispute_state"] = after


def told_of(story: Story, paid: Paid, at_s: float, event: str) -> None:
    story.moved(paid, at_s, "captured", "captured", f"payment.{event}")
    story.last("status_history")["cause"] = f"{event}:{ours(story, paid)['dispute_id']}"


def decided(story: Story, at_s: float, state: str) -> tuple[Paid, Row]:
    """A dispute that was opened, and decided."""
    paid, made = opened(story, at_s, "inquiry" if state == "closed" else "needs_response")
    made.update(state=state, status=state, updated_at_us=at(at_s + 1))
    step(story, paid, at_s + 1.1, ours(story, paid)["state"], state)
    if state == "won":
        moves(story, paid, made, at_s + 1, "dispute_reversal", paid.amount_minor)
        ours(story, paid)["reinstated_minor"] = paid.amount_minor
    told_of(story, paid, at_s + 1.1, "dispute_closed")
    return paid, made


def disputes(story: Story) -> None:
    """A sound day's share of them."""
    for number, state in enumerate(("won", "lost", "closed", "won", "lost")):
        decided(story, 3.0 + number, state)
    opened(story, 8.0)
    opened(story, 8.5, "inquiry")


def a_dispute_withdraws_twice_in_our_books(story: Story) -> None:
    paid, _ = decided(story, 1.0, "lost")
    book(story, paid, 2.5, "dispute", paid.amount_minor)


def a_lost_dispute_is_booked_as_won(story: Story) -> None:
    paid, _ = decided(story, 1.0, "lost")
    book(story, paid, 2.1, "dispute_reversal", paid.amount_minor)
    ours(story, paid).update(state="won", reinstated_minor=paid.amount_minor)
    story.last("dispute_transitions")["to_state"] = "won"
    story.find("payments", payment_id=paid.payment_id)["dispute_state"] = "won"


def the_fee_of_a_dispute_is_left_out(story: Story) -> None:
    opened(story, 1.0)
    del story.rows["postings"][-2:]


def an_inquiry_is_booked_as_a_chargeback(story: Story) -> None:
    paid, _ = opened(story, 1.0, "inquiry")
    book(story, paid, 1.5, "dispute", paid.amount_minor)


def what_is_won_is_not_given_back(story: Story) -> None:
    decided(story, 1.0, "won")
    del story.rows["postings"][-2:]


def a_dispute_is_never_heard_of(story: Story) -> None:
    paid, made = opened(story, 1.0, "inquiry")
    made["state"] = "needs_response"
    moves(story, paid, made, 2.0, "dispute", paid.amount_minor, booked=False)


def a_late_event_opens_a_dispute_again(story: Story) -> None:
    paid, _ = decided(story, 1.0, "closed")
    step(story, paid, 3.0, "closed", "inquiry")


def the_gateway_gives_a_lost_dispute_back(story: Story) -> None:
    paid, made = decided(story, 1.0, "lost")
    moves(story, paid, made, 2.5, "dispute_reversal", paid.amount_minor)


def a_payment_shows_another_state_than_its_dispute(story: Story) -> None:
    paid, _ = decided(story, 1.0, "lost")
    story.find("payments", payment_id=paid.payment_id)["dispute_state"] = "needs_response"


def refunds_and_a_dispute_come_to_more_than_was_captured(story: Story) -> None:
    paid, _ = opened(story, 1.0)
    story.refund(paid, 2.0, 500)


BAD: list[tuple[Callable[[Story], None], set[str]]] = [
    (a_dispute_withdraws_twice_in_our_books, {"I64", "I16"}),
    (a_lost_dispute_is_booked_as_won, {"I64", "I16"}),
    (the_fee_of_a_dispute_is_left_out, {"I64", "I16"}),
    (an_inquiry_is_booked_as_a_chargeback, {"I64", "I16"}),
    (what_is_won_is_not_given_back, {"I64", "I16"}),
    (a_dispute_is_never_heard_of, {"I64", "I16"}),
    (a_late_event_opens_a_dispute_again, {"I64"}),
    (the_gateway_gives_a_lost_dispute_back, {"I64"}),
    (a_payment_shows_another_state_than_its_dispute, {"I64"}),
    (refunds_and_a_dispute_come_to_more_than_was_captured, {"I13"}),
]
