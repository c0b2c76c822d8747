"""Bad stories of sessions that read: older versions, 404s, time that runs backwards."""

from tests.harness.invariants.story import Paid, Story

SESSION = 77


def sold(story: Story) -> Paid:
    """Return a sale of our session."""
    paid = story.sale()
    story.in_session(SESSION)
    return paid


def its_own_payment_is_not_found(story: Story) -> None:
    """A replica that reads from a lagging standby has not heard of the payment yet (B25)."""
    story.look(sold(story), 1.2, SESSION, outcome="FAILED", http_status=404, got_version=None, got_status=None)


def its_own_payment_is_shown_as_it_was(story: Story) -> None:
    story.look(sold(story), 1.2, SESSION, got_version=2, got_status="processing")


def its_own_refund_is_not_shown(story: Story) -> None:
    paid = sold(story)
    story.refund(paid, 2.0, 500)
    story.in_session(SESSION)
    story.look(paid, 2.2, SESSION, got_refunded_minor=0, got_version=3, got_status="captured")


def its_own_payment_cannot_be_refunded_for_it_does_not_exist(story: Story) -> None:
    paid = sold(story)
    row = story.change("refund", paid, 1.3, 500)
    row.update(outcome="FAILED", http_status=404, error_code="payment_not_found", arrival=SESSION, got_payment_id=None)


def its_own_refund_is_pending_again(story: Story) -> None:
    paid = sold(story)
    refund = story.refund(paid, 2.0, 500)
    story.in_session(SESSION)
    story.client("get_refund", 2.3, arrival=SESSION, merchant_id=paid.merchant_id, refund_id=refund["got_refund_id"],
                 got_refund_id=refund["got_refund_id"], got_status="pending")  # fmt: skip


def a_second_look_shows_less(story: Story) -> None:
    """The first replica had followed the failover, the second still read from the old primary."""
    paid = story.sale()
    story.look(paid, 1.2, SESSION)
    story.look(paid, 1.4, SESSION, replica="api1", got_version=2, got_status="processing")


def a_second_look_shows_nothing(story: Story) -> None:
    paid = story.sale()
    story.look(paid, 1.2, SESSION)
    story.look(paid, 1.4, SESSION, outcome="FAILED", http_status=404, got_version=None, got_status=None)


def looks_that_overlap(story: Story) -> None:
    """Sound: the second was sent before the first was answered."""
    paid = sold(story)
    story.look(paid, 1.2, SESSION, lasting_s=0.5)
    story.look(paid, 1.3, SESSION, replica="api1", lasting_s=0.01)
    story.look(paid, 1.0001, SESSION, got_version=2, got_status="processing", got_captured_minor=0)


def errors_instead_of_answers(story: Story) -> None:
    """Sound: during a failover a read may fail; it may not lie."""
    paid = sold(story)
    story.look(paid, 1.2, SESSION, outcome="UNKNOWN", http_status=503, got_version=None, got_status=None)
    story.look(paid, 1.3, SESSION, outcome="UNKNOWN", http_status=None, got_version=None, got_status=None)


def another_merchant_who_asks(story: Story) -> None:
    """Sound: nobody may read another merchant's payment, whoever runs the errand."""
    paid = sold(story)
    story.look(paid, 1.2, SESSION, merchant_id="m_beta", expect="refuse", outcome="FAILED", http_status=404,
               got_version=None, got_status=None)  # fmt: skip


def a_replay_of_the_first_answer(story: Story) -> None:
    """Sound: the stored reply shows the payment as it was then, and says so."""
    paid = sold(story)
    story.refund(paid, 2.0, 500)
    story.in_session(SESSION)
    story.look(paid, 2.2, SESSION)
    story.replay(paid, 2.4, arrival=SESSION)


SOUND = [looks_that_overlap, errors_instead_of_answers, another_merchant_who_asks, a_replay_of_the_first_answer]

BAD = [
    (its_own_payment_is_not_found, {"I19", "I21"}),
    (its_own_payment_is_shown_as_it_was, {"I19", "I21"}),
    (its_own_refund_is_not_shown, {"I19", "I21"}),
    (its_own_payment_cannot_be_refunded_for_it_does_not_exist, {"I19"}),
    (its_own_refund_is_pending_again, {"I19"}),
    (a_second_look_shows_less, {"I20", "I21"}),
    (a_second_look_shows_nothing, {"I20", "I21"}),
]
