"""Bad stories about currencies and amounts: sent where they are not taken, refused where they are."""

from tests.harness.invariants.story import Story, at


def rules(story: Story) -> None:
    story.takes("stripe", "EUR", least_minor=50, most_minor=99_999_999)
    story.takes("paypal", "EUR", least_minor=1, most_minor=999_999_999)
    story.takes("stripe", "KWD", step_minor=10, least_minor=10, most_minor=99_999_990)


def sent_where_it_is_not_taken(story: Story) -> None:
    rules(story)
    story.sale()
    story.last("gateway_calls")["result"] = "untaken"


def refused_although_a_gateway_takes_it(story: Story) -> None:
    rules(story)
    story.refused("create", 1.0, code="amount_not_supported", reference="r", amount_minor=20, currency="EUR")


def taken_although_no_gateway_does(story: Story) -> None:
    rules(story)
    story.sale(amount_minor=1_005, merchant_id="m_gamma")


def refused_because_no_gateway_takes_it(story: Story) -> None:
    """Sound."""
    rules(story)
    for number, (amount_minor, currency) in enumerate(((1_005, "KWD"), (10**9, "EUR"), (500, "IQD"))):
        story.refused("create", 1.0 + number, code="amount_not_supported", reference=f"r{number}",
                      amount_minor=amount_minor, currency=currency)  # fmt: skip


def a_reference_that_paid_twice(story: Story) -> None:
    first = story.sale()
    story.sale(1.2, reference=first.reference, key="another")
    for row in story.rows["history"]:
        row["flow"] = "same_reference"


def a_reference_refused_though_nobody_has_it(story: Story) -> None:
    story.refused("create", 1.0, code="merchant_reference_used", reference="mine", flow="same_reference")


def a_reference_refused_while_the_first_stands(story: Story) -> None:
    """Sound."""
    first = story.sale()
    story.refused("create", 2.0, code="merchant_reference_used", reference=first.reference, flow="same_reference")


def after_a_refusal(story: Story, *, asked_s: float, declined: bool) -> None:
    paid = story.sale()
    story.refund(paid, 2.0, 1_500)
    if declined:
        story.last("refunds")["status"] = "failed"
        story.find("operations", kind="refund").update(state="declined", decided_at_us=at(2.1))
    story.refused("refund", asked_s, code="refund_exceeds_captured", reference="again", amount_minor=1_500,
                  payment_id=paid.payment_id, currency=paid.currency)  # fmt: skip


def a_refund_refused_for_what_was_refunded(story: Story) -> None:
    """Sound."""
    after_a_refusal(story, asked_s=4.0, declined=False)


SOUND = [
    a_refund_refused_for_what_was_refunded,
    refused_because_no_gateway_takes_it,
    a_reference_refused_while_the_first_stands,
]

BAD = [
    (sent_where_it_is_not_taken, {"I47"}),
    (refused_although_a_gateway_takes_it, {"I47"}),
    (taken_although_no_gateway_does, {"I47"}),
    (a_reference_that_paid_twice, {"I1", "I8", "I48"}),
    (a_reference_refused_though_nobody_has_it, {"I48"}),
]
