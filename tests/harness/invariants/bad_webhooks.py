"""Bad stories of webhooks: what came in unasked and was believed, what merchants were told, who gave a receipt."""

from tests.harness.invariants.days import decided_by_webhook
from tests.harness.invariants.story import SECOND_US, Story, at


def a_forged_event_was_accepted(story: Story) -> None:
    paid = story.sale()
    story.webhook(paid, 1.1)
    story.webhook(paid, 1.2, "payment_intent.payment_failed", truth="false_secret", event_id="evt_forged")


def an_old_recording_was_accepted(story: Story) -> None:
    paid = story.sale()
    first = story.webhook(paid, 1.1)
    story.webhook(paid, 1.2, truth="stale", event_id=first["event_id"])


def an_altered_event_was_taken_in(story: Story) -> None:
    """It was answered with an error, and yet it is in the inbox."""
    paid = story.sale()
    story.webhook(paid, 1.2, truth="altered", event_id="evt_altered")
    story.last("gateway_deliveries")["http_status"] = 400


def a_forged_event_decided(story: Story) -> None:
    paid = decided_by_webhook(story, 1.0)
    story.last("gateway_deliveries").update(truth="unsigned", http_status=400)
    story.rows["inbound_events"][-1]["event_id"] = "evt_other"
    assert paid.attempt_id


def a_genuine_event_beside_an_old_recording(story: Story) -> None:
    """Sound: its sender stamped it when it had written it, and by then it had already acted elsewhere."""
    decided_by_webhook(story, 1.0)
    genuine = story.last("gateway_deliveries")
    decided = story.find("attempt_transitions", evidence="webhook")
    story.rows["gateway_deliveries"].append(
        {
            **genuine,
            "delivery_id": "whd_stale",
            "truth": "stale",
            "http_status": 400,
            "sent_at_us": decided["at_us"] - 200,
        }
    )
    genuine["sent_at_us"] = decided["at_us"] + 400


def a_delivery_that_does_not_verify(story: Story) -> None:
    """And again, this time well, so that the merchant has it all the same."""
    story.sale()
    good = story.last("sink_events")
    first = {**good, "signature_ok": False, "http_status": 400}
    good.update(received_at_us=good["received_at_us"] + SECOND_US, answered_at_us=good["answered_at_us"] + SECOND_US)
    story.rows["sink_events"].insert(0, first)


def an_event_that_acted_twice(story: Story) -> None:
    paid = story.sale()
    first = story.webhook(paid, 1.1)
    story.webhook(paid, 1.2, event_id=first["event_id"])
    story.booked(paid, 1.3, paid.attempt_id, paid.amount_minor)


def an_event_that_decided_twice(story: Story) -> None:
    paid = decided_by_webhook(story, 1.0)
    last = story.find("attempt_transitions", attempt_id=paid.attempt_id, to_state="succeeded")
    story.add("attempt_transitions", **{**last, "at_us": last["at_us"] + SECOND_US})


def an_event_that_never_acted(story: Story) -> None:
    """It was marked as done when it was stored (B85); the resolver found out much later."""
    paid = decided_by_webhook(story, 1.0, after_s=12.0)
    story.find("attempts", attempt_id=paid.attempt_id)["evidence"] = "resend"
    story.find("attempt_transitions", attempt_id=paid.attempt_id, to_state="succeeded")["evidence"] = "resend"


def a_payment_taken_back_by_a_late_event(story: Story) -> None:
    """The row says captured once more, though it was refunded (B32)."""
    story.refund(story.sale(), 2.0, 500)
    story.last("payments")["status"] = "captured"


def an_event_with_ten_times_the_amount(story: Story) -> None:
    story.sale()
    for name in ("told_amount_minor", "told_captured_minor"):
        story.last("sink_events")[name] *= 10


def an_event_in_another_currency(story: Story) -> None:
    story.sale()
    story.last("sink_events")["told_currency"] = "USD"


def an_event_of_another_merchants_payment(story: Story) -> None:
    story.sale()
    story.last("sink_events")["told_merchant_id"] = "m_beta"


def an_event_of_another_version(story: Story) -> None:
    """The capture was told with the status of the refund that came after it (B89)."""
    story.refund(story.sale(), 2.0, 500)
    story.rows["sink_events"][0].update(told_status="partially_refunded", told_refunded_minor=500)


def an_event_with_a_refund_that_had_not_been(story: Story) -> None:
    story.refund(story.sale(), 2.0, 500)
    story.rows["sink_events"][0]["told_refunded_minor"] = 500


def an_event_that_tells_of_less(story: Story) -> None:
    story.sale()
    story.last("sink_events")["told_captured_minor"] = 0


def _refused(story: Story, status: int | None, fault: str, **values: object) -> None:
    story.sale()
    story.last("sink_events").update(http_status=status, fault=fault, **values)


def a_redirect_taken_for_a_receipt(story: Story) -> None:
    _refused(story, 307, "sink_redirect")


def silence_taken_for_a_receipt(story: Story) -> None:
    _refused(story, None, "sink_hang", answered_at_us=None)


def a_receipt_that_came_too_late(story: Story) -> None:
    """The endpoint said yes when nobody listened any more."""
    _refused(story, 200, "sink_slow", answered_at_us=at(8.0))


def a_redirect_that_was_followed(story: Story) -> None:
    story.sale()
    receipt = story.last("sink_events")
    first = {**receipt, "http_status": 307, "fault": "sink_redirect"}
    story.rows["sink_events"].insert(0, first)
    for name in ("received_at_us", "answered_at_us"):
        receipt[name] += SECOND_US
    story.add("sink_events", **{**receipt, "redirected": True})


def a_delivery_given_up_early(story: Story) -> None:
    story.sale()
    story.last("sink_events").update(http_status=503, fault="sink_error")
    story.last("webhook_deliveries").update(state="dead", delivered_at_us=None)


def a_delivery_hurried(story: Story) -> None:
    """Sent again at once and at once: the merchant is ill, and we are the second illness."""
    story.sale()
    receipt = story.last("sink_events")
    story.rows["sink_events"].insert(0, {**receipt, "http_status": 503, "fault": "sink_error"})
    for name in ("received_at_us", "answered_at_us"):
        receipt[name] += SECOND_US // 50


def tried_again(story: Story, *pauses_s: float) -> None:
    """Deliver a sale's event, after as many errors as there are pauses."""
    story.sale()
    receipt, at_us = story.last("sink_events"), 0
    for number, pause_s in enumerate(pauses_s):
        failed = {**receipt, "http_status": 503, "fault": "sink_error"}
        for name in ("received_at_us", "answered_at_us"):
            failed[name] = receipt[name] + at_us
        story.rows["sink_events"].insert(number, failed)
        at_us += round(pause_s * SECOND_US)
    for name in ("received_at_us", "answered_at_us"):
        receipt[name] += at_us


def a_pause_that_never_grew(story: Story) -> None:
    tried_again(story, 0.4, 0.4, 0.4)


def a_pause_that_grew(story: Story) -> None:
    """Sound: each is at least half of twice the one before, up to the longest."""
    tried_again(story, 0.26, 0.51, 1.01, 1.01)


def a_pause_that_a_new_worker_began_anew(story: Story) -> None:
    """Sound: whoever had counted the tries died before writing the second one down."""
    tried_again(story, 0.3, 0.3)
    story.fault("worker_killed", "worker", 1.2, 1.6)


def a_delivery_that_waited_too_long(story: Story) -> None:
    story.sale()
    receipt = story.last("sink_events")
    story.rows["sink_events"].insert(0, {**receipt, "http_status": 503, "fault": "sink_error"})
    for name in ("received_at_us", "answered_at_us"):
        receipt[name] += 12 * SECOND_US


def a_late_retry_while_the_worker_was_dead(story: Story) -> None:
    """Sound: nobody was there to try again."""
    story.sale()
    receipt = story.last("sink_events")
    story.rows["sink_events"].insert(0, {**receipt, "http_status": 503, "fault": "sink_error"})
    for name in ("received_at_us", "answered_at_us"):
        receipt[name] += 12 * SECOND_US
    story.fault("worker_killed", "worker", 1.5, 6.0)


def an_event_that_waited_for_the_database(story: Story) -> None:
    """Sound: it acted as soon as there was something to act on."""
    decided_by_webhook(story, 1.0, after_s=12.0)
    story.fault("primary_frozen", "database", 1.2, 6.0)


SOUND = [
    a_genuine_event_beside_an_old_recording,
    a_late_retry_while_the_worker_was_dead,
    an_event_that_waited_for_the_database,
    a_pause_that_grew,
    a_pause_that_a_new_worker_began_anew,
]

BAD = [
    (a_forged_event_was_accepted, {"I25"}),
    (an_old_recording_was_accepted, {"I25"}),
    (an_altered_event_was_taken_in, {"I25"}),
    (a_forged_event_decided, {"I25"}),
    (a_delivery_that_does_not_verify, {"I25"}),
    (an_event_that_acted_twice, {"I14", "I16", "I27"}),
    (an_event_that_decided_twice, {"I27"}),
    (an_event_that_never_acted, {"I27"}),
    (a_payment_taken_back_by_a_late_event, {"I18", "I26"}),
    (an_event_with_ten_times_the_amount, {"I52"}),
    (an_event_in_another_currency, {"I52"}),
    (an_event_of_another_merchants_payment, {"I52"}),
    (an_event_of_another_version, {"I52"}),
    (an_event_with_a_refund_that_had_not_been, {"I52"}),
    (an_event_that_tells_of_less, {"I52"}),
    (a_redirect_taken_for_a_receipt, {"I24", "I53"}),
    (silence_taken_for_a_receipt, {"I24", "I53"}),
    (a_receipt_that_came_too_late, {"I53"}),
    (a_redirect_that_was_followed, {"I53"}),
    (a_delivery_given_up_early, {"I24", "I53"}),
    (a_delivery_hurried, {"I54"}),
    (a_pause_that_never_grew, {"I54"}),
    (a_delivery_that_waited_too_long, {"I54"}),
]
