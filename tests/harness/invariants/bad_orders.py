"""Bad stories that no session sees by itself: only all clients of a payment together have no order."""

from tests.harness.invariants.story import Story

ONE, OTHER = 77, 78


def another_client_is_shown_the_past(story: Story) -> None:
    """One client was told of the refund; later another one is shown the payment without it."""
    paid = story.sale()
    story.refund(paid, 2.0, 500)
    story.look(paid, 2.2, ONE, got_version=4, got_status="partially_refunded", got_refunded_minor=500)
    story.look(paid, 2.4, OTHER, replica="api1", got_version=3, got_status="captured", got_refunded_minor=0)


def one_version_with_two_faces(story: Story) -> None:
    """Two clients read version 3 before and after a refund: what was read second is cached under the wrong version."""
    paid = story.sale()
    story.look(paid, 1.5, ONE, got_version=3)
    story.refund(paid, 2.0, 500)
    story.look(paid, 2.4, OTHER, got_version=3, got_status="partially_refunded", got_refunded_minor=500)


def a_refund_seen_before_anybody_asked_for_it(story: Story) -> None:
    paid = story.sale()
    story.look(paid, 1.5, ONE, got_version=4, got_status="partially_refunded", got_refunded_minor=500)
    story.refund(paid, 2.0, 500)


def a_refund_without_an_answer_that_another_client_sees_later(story: Story) -> None:
    """Sound: the answer was lost; the refund took effect when its client had long given up."""
    paid = story.sale()
    row = story.refund(paid, 2.0, 500)
    row.update(outcome="UNKNOWN", http_status=None, got_refund_id=None, got_status=None)
    story.look(paid, 3.0, ONE, got_version=3, got_status="captured", got_refunded_minor=0)
    story.look(paid, 4.0, OTHER, got_version=4, got_status="partially_refunded", got_refunded_minor=500)


def two_racers_under_one_key_make_one_refund(story: Story) -> None:
    """Sound: whoever asked twice under one key was told twice of the same refund."""
    paid = story.sale()
    first = story.refund(paid, 2.0, 500)
    story.client("refund", 2.01, **{
        name: first[name] for name in ("merchant_id", "idempotency_key", "reference", "payment_id", "amount_minor",
                                       "currency", "payload_hash", "body_sha256", "http_status", "got_payment_id",
                                       "got_refund_id", "got_status", "got_amount_minor", "got_currency")
    }, replayed=True)  # fmt: skip
    story.look(paid, 3.0, ONE, got_version=4, got_status="partially_refunded", got_refunded_minor=500)


SOUND = [a_refund_without_an_answer_that_another_client_sees_later, two_racers_under_one_key_make_one_refund]

BAD = [
    (another_client_is_shown_the_past, {"I21"}),
    (one_version_with_two_faces, {"I18", "I21"}),
    (a_refund_seen_before_anybody_asked_for_it, {"I21"}),
]
