"""Stories about the limits of a payment: more than was held or taken, two ends of one hold, refusals for nothing."""

from tests.harness.invariants.story import Paid, Row, Story, at


def refused_change(story: Story, kind: str, paid: Paid, at_s: float, amount_minor: int | None, code: str) -> Row:
    """Add a capture, void or refund that was refused with 422; return the client's row."""
    row = story.change(kind, paid, at_s, amount_minor)
    row.update(outcome="FAILED", http_status=422, error_code=code, got_payment_id=None, expect="any")
    return row


def a_capture_beyond_the_hold_that_the_gateway_declined(story: Story) -> None:
    """The platform passed it on; that the gateway looked is luck."""
    row = refused_change(story, "capture", story.authorization(), 2.0, 2_500, "amount_too_large")
    row["http_status"] = 402


def a_second_capture_beyond_the_rest_that_was_accepted(story: Story) -> None:
    paid = story.authorization()
    story.capture(paid, 2.0, 1_500)
    row = story.change("capture", paid, 3.0, 600)
    row.update(outcome="UNKNOWN", http_status=202)


def a_refund_of_the_authorisation_that_was_passed_on(story: Story) -> None:
    paid = story.authorization()
    story.capture(paid, 2.0, 1_000)
    refused_change(story, "refund", paid, 3.0, 1_999, "charge_exceeded")["http_status"] = 402


def a_void_that_was_done_beside_the_capture(story: Story) -> None:
    paid = story.authorization()
    story.capture(paid, 2.0)
    story.change("void", paid, 2.01, None)


def a_void_that_the_ledger_has_as_a_capture(story: Story) -> None:
    """Told as canceled, captured at the gateway: the void was never made there."""
    paid = story.authorization()
    story.capture(paid, 2.0)
    story.rows["history"].pop()
    story.change("void", paid, 2.0, None)
    refused_change(story, "capture", paid, 2.01, paid.amount_minor, "operation_in_progress")


def a_loser_who_is_told_nothing(story: Story) -> None:
    paid = story.authorization()
    story.void(paid, 2.0)
    refused_change(story, "capture", paid, 2.01, 1_000, "")


def a_capture_refused_as_too_much_of_enough(story: Story) -> None:
    refused_change(story, "capture", story.authorization(), 2.0, 1_999, "capture_exceeds_authorized")


def a_capture_refused_for_another_that_nobody_made(story: Story) -> None:
    paid = story.authorization()
    refused_change(story, "capture", paid, 2.0, 2_500, "capture_exceeds_authorized")
    refused_change(story, "capture", paid, 3.0, 1_000, "operation_in_progress")


def a_void_refused_although_the_hold_stands(story: Story) -> None:
    refused_change(story, "void", story.authorization(), 2.0, None, "payment_not_voidable")


def again(story: Story, reference: str, at_s: float, key: str) -> Paid:
    """Add a sale under a reference that its merchant lets repeat."""
    paid = story.sale(at_s, reference=reference, key=key)
    next(row for row in story.rows["history"] if row.get("idempotency_key") == key)["flow"] = "repeated_reference"
    return paid


def a_repeated_reference_that_is_refused(story: Story) -> None:
    first = again(story, "order-r", 1.0, "key-a")
    story.refused("create", 2.0, code="merchant_reference_used", reference="order-r", idempotency_key="key-b",
                  merchant_id=first.merchant_id, flow="repeated_reference")  # fmt: skip


def a_repeated_reference_that_is_answered_with_the_first(story: Story) -> None:
    first = again(story, "order-r", 1.0, "key-a")
    story.replay(first, 2.0, idempotency_key="key-b", flow="repeated_reference", body_sha256="sha-of-its-own")


def a_repeated_reference_that_pays_more_often_than_asked(story: Story) -> None:
    """Two keys, three charges: one of them nobody asked for."""
    again(story, "order-r", 1.0, "key-a")
    paid = again(story, "order-r", 2.0, "key-b")
    story.charge(paid, 3.0, status="authorized")["captured_minor"] = 0


def repeated_references(story: Story) -> None:
    """Sound: each key under a repeated reference pays, and a retry of one is answered with its own."""
    for number in range(3):
        again(story, f"order-r{number}", 2.0 + number, f"key-a{number}")
        paid = again(story, f"order-r{number}", 2.1 + number, f"key-b{number}")
        story.replay(paid, 3.0 + number, flow="repeated_reference")


def limits(story: Story) -> None:
    """Sound: too much is refused, of two ends one is done, and each no has its reason."""
    for number in range(3):
        paid = story.authorization(2.0 + number)
        refused_change(story, "capture", paid, 2.1 + number, 2_500, "capture_exceeds_authorized")
        story.capture(paid, 2.2 + number, 1_000)
        refused_change(story, "void", paid, 2.21 + number, None, "operation_in_progress")
        refused_change(story, "capture", paid, 2.6 + number, 1_000, "payment_not_capturable")
        refused_change(story, "refund", paid, 2.7 + number, 1_999, "refund_exceeds_captured")


def a_race_whose_loser_asked_before_the_winner_was_done(story: Story) -> None:
    """Sound: the other one was refused while the winner's outcome was in doubt, and for long after."""
    paid = story.authorization()
    slow = story.capture(paid, 2.0)
    slow.update(outcome="UNKNOWN", http_status=202, done_us=at(3.5))
    story.last("operations").update(decided_at_us=at(6.0))
    refused_change(story, "void", paid, 5.0, None, "operation_in_progress")


def a_refund_while_a_capture_is_in_doubt(story: Story) -> None:
    """Sound: nobody can say that this was more than was captured."""
    paid = story.authorization()
    story.capture(paid, 2.0).update(outcome="UNKNOWN", http_status=202)
    story.refund(paid, 3.0, 1_999)


BAD = [
    (a_capture_beyond_the_hold_that_the_gateway_declined, {"I60"}),
    (a_second_capture_beyond_the_rest_that_was_accepted, {"I60"}),
    (a_refund_of_the_authorisation_that_was_passed_on, {"I60"}),
    (a_void_that_was_done_beside_the_capture, {"I21", "I61"}),
    (a_void_that_the_ledger_has_as_a_capture, {"I61"}),
    (a_loser_who_is_told_nothing, {"I61"}),
    (a_capture_refused_as_too_much_of_enough, {"I49"}),
    (a_capture_refused_for_another_that_nobody_made, {"I49"}),
    (a_void_refused_although_the_hold_stands, {"I49"}),
    (a_repeated_reference_that_is_refused, {"I62"}),
    (a_repeated_reference_that_is_answered_with_the_first, {"I7", "I62"}),
    (a_repeated_reference_that_pays_more_often_than_asked, {"I1"}),
]
SOUND = [
    limits,
    repeated_references,
    a_race_whose_loser_asked_before_the_winner_was_done,
    a_refund_while_a_capture_is_in_doubt,
]
