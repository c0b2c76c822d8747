"""Bad stories about calls to gateways: keys that change, rules of cards, answers that never end, resources held."""

from tests.harness.invariants.story import Story


def a_server_error_asked_about_under_a_new_key(story: Story) -> None:
    paid = story.sale()
    story.find("gateway_calls", attempt_id=paid.attempt_id)["http_status"] = 500
    story.call(paid, 1.5, "create", gateway_key=f"{paid.attempt_id}-2", result="replayed")


def a_call_without_any_key(story: Story) -> None:
    paid = story.sale()
    story.find("gateway_calls", attempt_id=paid.attempt_id)["gateway_key"] = ""


def a_key_that_serves_two_attempts(story: Story) -> None:
    first, second = story.sale(), story.sale(1.5)
    story.find("gateway_calls", attempt_id=second.attempt_id)["gateway_key"] = first.attempt_id


def a_key_in_use_long_after_its_payment_was_decided(story: Story) -> None:
    paid = story.sale()
    told = story.create(paid, 14.0, outcome="UNKNOWN")
    told.update(http_status=409, error_code="idempotency_key_in_use", got_payment_id=None)


def a_key_in_use_by_somebody_who_died(story: Story) -> None:
    """Sound: for as long as the lease of a claim lasts nobody can know that its owner is gone."""
    paid = story.sale()
    told = story.create(paid, 9.0, outcome="UNKNOWN")
    told.update(http_status=409, error_code="idempotency_key_in_use", got_payment_id=None)


def the_same_key_again_and_again(story: Story) -> None:
    """Sound: an error, a busy answer and silence, all asked about under the one key, and one key for each endpoint."""
    paid = story.sale()
    story.find("gateway_calls", attempt_id=paid.attempt_id)["http_status"] = 500
    story.call(paid, 1.5, "create", result="in_use", http_status=409)
    story.call(paid, 2.5, "create", result="replayed", http_status=None, answered_at_us=None)
    story.call(paid, 3.5, "order", gateway_key=f"{paid.attempt_id}-order", result="replayed")


SOUND = [the_same_key_again_and_again, a_key_in_use_by_somebody_who_died]

BAD = [
    (a_server_error_asked_about_under_a_new_key, {"I55"}),
    (a_call_without_any_key, {"I55"}),
    (a_key_that_serves_two_attempts, {"I55"}),
    (a_key_in_use_long_after_its_payment_was_decided, {"I10"}),
]
