"""Bad stories about calls to gateways: keys that change, rules of cards, answers that never end, resources held."""

from tests.harness.invariants.days import waiting
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


def a_stolen_card_at_the_other_gateway(story: Story) -> None:
    paid = story.decline()
    story.last("gateway_calls").update(decline_code="stolen_card")
    story.call(paid, 1.5, "create", gateway="paypal", attempt_id="att_elsewhere", gateway_key="att_elsewhere",
               result="declined", decline_code="9520")  # fmt: skip


def a_card_to_be_tried_again_at_the_other_gateway(story: Story) -> None:
    """Sound: the gateway itself says that another try may work."""
    paid = story.decline()
    story.last("gateway_calls").update(decline_code="try_again_later")
    story.call(paid, 1.5, "create", gateway="paypal", attempt_id="att_elsewhere", gateway_key="att_elsewhere",
               result="declined", decline_code="9520")  # fmt: skip


def a_decline_of_a_gateway_that_was_never_asked(story: Story) -> None:
    paid = story.decline()
    story.rows["gateway_calls"].remove(story.find("gateway_calls", attempt_id=paid.attempt_id))


def a_decline_that_was_asked_about_twice(story: Story) -> None:
    """Sound: the gateway said it, and said it again."""
    story.call(story.decline(), 1.5, "create", result="replayed", http_status=402)


def a_breaker_that_opened_for_declines_beside_a_few_failures(story: Story) -> None:
    for number in range(20):
        story.decline(1.0 + number * 0.05)
    for number in range(2):
        story.find("gateway_calls", attempt_id=story.sale(1.5 + number * 0.1).attempt_id)["http_status"] = 503
    story.breaker(2.5, "closed", "open", "failures")
    story.breaker(4.6, "open", "closed", "probe_succeeded")


def a_breaker_that_opened_for_failures_beside_declines(story: Story) -> None:
    """Sound: as many failures as a breaker needs are a reason, whatever else came."""
    for number in range(20):
        story.decline(1.0 + number * 0.05)
    for number in range(6):
        story.find("gateway_calls", attempt_id=story.sale(1.5 + number * 0.1).attempt_id)["http_status"] = 503
    story.breaker(2.5, "closed", "open", "failures")
    story.breaker(4.6, "open", "closed", "probe_succeeded")


def transactions_that_are_open_while_a_gateway_is_waited_for(story: Story) -> None:
    for number in range(4):
        waiting(story, 5.0 + number * 2)
        story.sessions(5.9 + number * 2, "api1", 0.9)


def a_transaction_of_another_process(story: Story) -> None:
    """Sound: an idle transaction of one replica says nothing about a call of the other; nor does an older one."""
    for number in range(4):
        waiting(story, 5.0 + number * 2)
        story.sessions(5.9 + number * 2, "api2", 0.9)
        story.sessions(5.9 + number * 2, "api1", 0.1)
        story.sessions(5.9 + number * 2, "api1", 7.0)


def transactions_that_a_slow_database_leaves_idle(story: Story) -> None:
    """Sound: between two statements over a slow link a transaction is idle, whatever else its process does."""
    story.fault("database_latency", "api*-to-db", 4.0, 13.0)
    transactions_that_are_open_while_a_gateway_is_waited_for(story)


def reads_that_stop_while_a_gateway_hangs(story: Story) -> None:
    for number in range(6):
        paid = waiting(story, 5.0 + number * 0.1)
        story.look(paid, 5.95, 70 + number, outcome="UNKNOWN", http_status=503, got_version=None, got_status=None)


def reads_that_stop_with_the_database(story: Story) -> None:
    """Sound: where more than a gateway is broken, reads may have stopped for that."""
    story.fault("postgres_killed", "db-a", 5.0, 6.0)
    reads_that_stop_while_a_gateway_hangs(story)


def the_same_key_again_and_again(story: Story) -> None:
    """Sound: an error, a busy answer and silence, all asked about under the one key, and one key for each endpoint."""
    paid = story.sale()
    story.find("gateway_calls", attempt_id=paid.attempt_id)["http_status"] = 500
    story.call(paid, 1.5, "create", result="in_use", http_status=409)
    story.call(paid, 2.5, "create", result="replayed", http_status=None, answered_at_us=None)
    story.call(paid, 3.5, "order", gateway_key=f"{paid.attempt_id}-order", result="replayed")


def a_reference_that_failed_once_and_was_paid_then(story: Story) -> None:
    """Sound: its first payment failed, so the reference was free again; both payments are shown in the end."""
    failed = story.decline()
    paid = story.sale(3.0, reference=failed.reference, key="another-key")
    for one, status in ((failed, "failed"), (paid, "captured")):
        story.client("final_read", 21.0, merchant_id=one.merchant_id, reference=one.reference,
                     got_payment_id=one.payment_id, got_status=status, got_amount_minor=one.amount_minor,
                     got_currency=one.currency)  # fmt: skip


SOUND = [
    a_reference_that_failed_once_and_was_paid_then,
    transactions_that_a_slow_database_leaves_idle,
    a_transaction_of_another_process,
    reads_that_stop_with_the_database,
    a_card_to_be_tried_again_at_the_other_gateway,
    a_decline_that_was_asked_about_twice,
    a_breaker_that_opened_for_failures_beside_declines,
    the_same_key_again_and_again,
    a_key_in_use_by_somebody_who_died,
]

BAD = [
    (a_server_error_asked_about_under_a_new_key, {"I55"}),
    (a_call_without_any_key, {"I55"}),
    (transactions_that_are_open_while_a_gateway_is_waited_for, {"I56"}),
    (reads_that_stop_while_a_gateway_hangs, {"I58"}),
    (a_key_that_serves_two_attempts, {"I55"}),
    (a_stolen_card_at_the_other_gateway, {"I57"}),
    (a_decline_of_a_gateway_that_was_never_asked, {"I63"}),
    (a_breaker_that_opened_for_declines_beside_a_few_failures, {"I35"}),
    (a_key_in_use_long_after_its_payment_was_decided, {"I10"}),
]
