"""Each bad story is caught by the invariants named beside it, and by no other."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Undecided, Violation
from harness.invariants import catalogue, pick
from tests.harness.invariants import (
    bad_amounts,
    bad_calls,
    bad_clusters,
    bad_copies,
    bad_disputes,
    bad_failovers,
    bad_ledgers,
    bad_limits,
    bad_orders,
    bad_reversals,
    bad_sessions,
    bad_webhooks,
)
from tests.harness.invariants.days import fallback, unknown_sale
from tests.harness.invariants.reconciling import BAD_RECONCILIATIONS
from tests.harness.invariants.settling import BAD_SETTLEMENTS
from tests.harness.invariants.story import SECOND_US, Story, at
from tests.harness.invariants.subscribing import BAD as BAD_BILLINGS

Teller = Callable[[Story], None]


def charged_twice_at_one_gateway(story: Story) -> None:
    paid = story.authorization()
    story.charge(paid, 1.5, status="authorized")["captured_minor"] = 0


def charged_at_both_gateways_and_both_booked(story: Story) -> None:
    paid = story.sale()
    twin = story.sale(1.2, gateway="paypal", told=False, reference=paid.reference, key="another-key")
    assert twin.reference == paid.reference


def an_extra_charge_that_the_merchant_refunded(story: Story) -> None:
    paid = story.sale()
    twin = story.sale(1.2, gateway="paypal", told=False, reference=paid.reference, key="another-key")
    story.refund(twin, 2.0, twin.amount_minor)


def an_acknowledged_payment_is_not_stored(story: Story) -> None:
    paid = story.sale()
    for table in ("payments", "status_history", "operations", "attempts", "attempt_transitions", "postings"):
        story.rows[table].clear()
    assert paid.charge_id


def an_acknowledged_payment_is_not_found_again(story: Story) -> None:
    paid = story.sale()
    story.client("final_read", 21.0, merchant_id=paid.merchant_id, reference=paid.reference)


def another_payment_is_found_again(story: Story) -> None:
    paid, other = story.sale(), story.sale()
    story.client("final_read", 21.0, merchant_id=paid.merchant_id, reference=paid.reference,
                 got_payment_id=other.payment_id)  # fmt: skip


def a_sale_that_the_gateway_only_holds(story: Story) -> None:
    story.sale()
    story.last("gateway_charges").update(status="authorized", captured_minor=0)


def captured_less_than_the_client_was_told(story: Story) -> None:
    paid = story.authorization()
    story.capture(paid, 2.0)
    story.find("gateway_charges", charge_id=paid.charge_id)["captured_minor"] = 1


def a_payment_that_forgot_its_refund(story: Story) -> None:
    story.refund(story.sale(), 2.0, 500)
    story.last("payments")["refunded_minor"] = 0


def a_payment_that_forgot_its_capture(story: Story) -> None:
    story.sale()
    story.last("payments")["captured_minor"] = 0


def a_charge_without_any_name(story: Story) -> None:
    paid = story.authorization()
    story.find("history", reference=paid.reference).update(outcome="UNKNOWN")
    story.last("gateway_charges").update(reference="", merchant_id="")
    story.last("operations")["reference"] = ""


def steps_without_any_event(story: Story) -> None:
    story.sale()
    for table in ("outbox", "webhook_deliveries", "delivery_attempts", "sink_events"):
        story.rows[table].clear()


def a_refund_without_any_event(story: Story) -> None:
    story.refund(story.sale(), 2.0, 500)
    for table in ("outbox", "webhook_deliveries", "delivery_attempts", "sink_events"):
        story.rows[table].pop()


def an_event_given_up_at_once(story: Story) -> None:
    story.sale()
    story.rows["sink_events"].clear()
    story.last("webhook_deliveries")["state"] = "dead"


def an_event_with_a_false_signature(story: Story) -> None:
    story.sale()
    story.last("sink_events")["signature_ok"] = False


def an_unknown_decided_on_an_unknown_word(story: Story) -> None:
    paid = unknown_sale(story, 1.0)
    story.find("attempt_transitions", attempt_id=paid.attempt_id, to_state="succeeded")["evidence"] = "hunch"


def an_unknown_decided_though_nobody_answered(story: Story) -> None:
    unknown_sale(story, 1.0)
    story.last("gateway_calls").update(http_status=None, answered_at_us=None)


def an_unknown_decided_by_a_webhook_that_never_came(story: Story) -> None:
    paid = unknown_sale(story, 1.0)
    story.rows["gateway_calls"].pop()
    story.find("attempt_transitions", attempt_id=paid.attempt_id, to_state="succeeded")["evidence"] = "webhook"


def a_request_that_nobody_answered(story: Story) -> None:
    story.fault("database_black_hole", "[aw]*-to-db-*", 4.0, 11.0)
    story.client("get", 5.0, outcome="UNKNOWN", lasting_s=5.0, error="timeout")


def a_request_to_a_frozen_replica(story: Story) -> None:
    """Sound: nobody could have answered it."""
    story.fault("api_frozen", "api1", 4.0, 11.0)
    story.client("get", 5.0, outcome="UNKNOWN", lasting_s=5.0, error="timeout")


def a_client_that_hangs_up_early(story: Story) -> None:
    """Sound: nobody promised an answer within a third of a second."""
    story.client("get", 5.0, outcome="UNKNOWN", lasting_s=0.3, error="timeout")


def a_payment_that_stays_in_progress(story: Story) -> None:
    story.decline()
    story.last("payments").update(status="processing", version=2)
    story.rows["status_history"].pop()
    story.find("history", kind="create").update(got_status=None)


def a_payment_that_is_read_in_progress(story: Story) -> None:
    paid = story.sale()
    story.client("final_read", 21.0, merchant_id=paid.merchant_id, reference=paid.reference,
                 got_payment_id=paid.payment_id, got_status="processing", got_version=2)  # fmt: skip


def an_acknowledged_payment_is_stored_as_less(story: Story) -> None:
    paid = story.sale()
    story.find("history", reference=paid.reference)["got_version"] = 7


def an_acknowledged_refund_is_not_stored(story: Story) -> None:
    story.refund(story.sale(), 2.0, 500)
    story.rows["refunds"].clear()


def a_success_without_a_charge(story: Story) -> None:
    paid = story.sale()
    for table in ("gateway_charges", "gateway_movements", "postings"):
        story.rows[table].clear()
    assert paid.payment_id


def a_success_whose_charge_was_reversed(story: Story) -> None:
    paid = story.authorization()
    ids = {"operation_id": "", "attempt_id": ""}
    story.movement(paid, 2.0, "void", paid.amount_minor, ids, paid.reference, gateway_key="somebodys")
    story.last("gateway_charges")["status"] = "voided"


def a_refund_that_no_gateway_made(story: Story) -> None:
    paid = story.sale()
    story.refund(paid, 2.0, 500)
    story.rows["gateway_movements"].pop()
    story.rows["postings"] = story.rows["postings"][:2]


def a_charge_of_an_unknown_attempt(story: Story) -> None:
    paid = story.intent()
    paid.operation_id, paid.attempt_id = "op_stranger", "att_stranger"
    story.charge(paid, 1.0, status="authorized")["captured_minor"] = 0


def a_failure_that_was_charged_after_all(story: Story) -> None:
    """The client was told: declined; later the gateway executed it, and nobody noticed (B08, B10)."""
    paid = story.decline()
    story.last("gateway_charges").update(executed=True, status="authorized", authorized_minor=paid.amount_minor)


def a_shed_request_that_was_charged(story: Story) -> None:
    paid = story.intent()
    story.refused("create", 1.0, 503, "gateways_unavailable", merchant_id=paid.merchant_id, reference=paid.reference,
                  amount_minor=paid.amount_minor, currency="EUR", idempotency_key=paid.key)  # fmt: skip
    story.stored(paid, 1.0, "authorize", "stripe")
    story.charged(paid, 1.0, "authorize")
    story.moved(paid, 1.0, "processing", "authorized", "payment.authorized")


def an_unknown_that_nobody_resolved(story: Story) -> None:
    paid = unknown_sale(story, 1.0)
    story.find("attempts", attempt_id=paid.attempt_id)["state"] = "unknown"


def an_unknown_guessed_away(story: Story) -> None:
    paid = unknown_sale(story, 1.0)
    story.find("attempt_transitions", attempt_id=paid.attempt_id, to_state="succeeded")["evidence"] = "poll"


def an_unknown_left_to_people_without_a_word(story: Story) -> None:
    paid = unknown_sale(story, 1.0)
    story.find("attempts", attempt_id=paid.attempt_id)["state"] = "manual"


def a_replay_with_other_bytes(story: Story) -> None:
    story.replay(story.sale(), 2.0, body_sha256="sha-recomputed")


def a_fresh_reply_after_a_replay(story: Story) -> None:
    paid = story.sale()
    story.replay(paid, 2.0)
    story.find("history", reference=paid.reference, replayed=False)["sent_us"] = at(3.0)


def only_replays_though_all_was_answered(story: Story) -> None:
    paid = story.sale()
    story.find("history", reference=paid.reference)["replayed"] = True


def one_key_two_operations(story: Story) -> None:
    paid = story.sale()
    story.sale(1.5, told=False, key=paid.key)


def one_key_two_fresh_replies(story: Story) -> None:
    paid = story.sale()
    story.create(paid, 1.5, body_sha256=paid.body)


def one_refund_executed_twice(story: Story) -> None:
    paid = story.sale()
    asked = story.refund(paid, 2.0, 400)
    attempt = story.last("attempts")
    story.movement(paid, 2.5, "refund", 400, attempt, asked["reference"])
    story.booked(paid, 2.5, attempt["attempt_id"], -400)


def another_payload_accepted(story: Story) -> None:
    paid = story.sale()
    other = story.intent(key=paid.key)
    story.create(other, 2.0, replayed=True, body_sha256=paid.body, got_payment_id=paid.payment_id,
                 got_amount_minor=other.amount_minor)  # fmt: skip
    story.find("history", reference=other.reference)["got_status"] = "processing"
    story.find("history", reference=other.reference)["got_version"] = 2
    story.find("history", reference=other.reference)["outcome"] = "UNKNOWN"


def a_refused_payload_left_a_payment(story: Story) -> None:
    paid = story.sale()
    other = story.sale(1.5, told=False)
    story.refused("create", 2.0, code="idempotency_key_reused", idempotency_key=paid.key, reference=other.reference,
                  amount_minor=other.amount_minor, currency="EUR")  # fmt: skip


def a_transient_answer_was_stored(story: Story) -> None:
    paid = story.intent()
    row = story.create(paid, 1.0, outcome="UNKNOWN", http_status=409, error_code="idempotency_key_in_use")
    row["body_sha256"] = "sha-busy"
    story.create(paid, 2.0, outcome="UNKNOWN", http_status=409, error_code="idempotency_key_in_use", replayed=True,
                 body_sha256="sha-busy")  # fmt: skip


def a_shed_answer_was_stored(story: Story) -> None:
    paid = story.intent()
    for replayed in (False, True):
        row = story.create(paid, 1.0 + replayed, outcome="FAILED", http_status=503, error_code="gateways_unavailable")
        row.update(replayed=replayed, body_sha256="sha-shed")


def a_key_that_stays_in_use(story: Story) -> None:
    paid = story.intent()
    for at_s in (1.0, 5.0, 19.0):
        story.create(paid, at_s, outcome="UNKNOWN", http_status=409, error_code="idempotency_key_in_use")


def another_merchants_key_gets_in_the_way(story: Story) -> None:
    paid = story.sale()
    story.refused("create", 2.0, code="idempotency_key_reused", idempotency_key=paid.key, reference="other-order",
                  merchant_id="m_beta", amount_minor=5, currency="JPY")  # fmt: skip


def another_merchants_payment_is_the_answer(story: Story) -> None:
    paid = story.sale()
    story.client("get", 2.0, merchant_id="m_beta", got_merchant_id="m_alpha", payment_id=paid.payment_id)


def captured_more_than_authorised(story: Story) -> None:
    paid = story.authorization()
    story.capture(paid, 2.0, 700)
    story.last("gateway_movements")["amount_minor"] = 3000
    for table in ("gateway_movements", "gateway_charges"):
        assert story.rows[table]
    story.find("history", kind="capture").update(amount_minor=3000)
    for row in story.rows["postings"]:
        row["amount_minor"] = 3000 if row["amount_minor"] > 0 else -3000


def captured_after_the_void(story: Story) -> None:
    paid = story.authorization()
    story.capture(paid, 3.0)
    attempt = story.last("attempts")
    story.movement(paid, 2.0, "void", paid.amount_minor, attempt, paid.reference)


def refunded_more_than_captured(story: Story) -> None:
    """Eight refunds raced; the last write won in the row, the gateway paid them all (B19)."""
    paid = story.sale()
    for number in range(8):
        story.refund(paid, 2.0 + number * 0.01, 600)
    story.find("payments", payment_id=paid.payment_id)["refunded_minor"] = 600
    steps = [row for row in story.rows["status_history"] if row["from_status"] in ("captured", "refunded")]
    for row in (*steps, *story.rows["status_history"][3:]):
        row.update(from_status="captured" if row["version"] == 4 else "partially_refunded")
        row.update(to_status="partially_refunded")
    story.find("payments", payment_id=paid.payment_id)["status"] = "partially_refunded"


def a_float_lost_a_cent(story: Story) -> None:
    """int(19.99 * 100) is 1998 everywhere but in the client's mind (B34)."""
    paid = story.sale(amount_minor=1998, merchant_id="m_delta")
    story.find("history", reference=paid.reference)["amount_minor"] = 1999


def booked_another_amount(story: Story) -> None:
    paid = story.sale()
    story.refund(paid, 2.0, 500)
    for row in story.rows["postings"][2:]:
        row["currency"] = "USD"
    for row in story.rows["gateway_movements"][1:]:
        row["currency"] = "USD"


def a_journal_that_does_not_balance(story: Story) -> None:
    story.sale()
    story.find("postings", account="merchant:m_alpha:payable")["amount_minor"] += 1


def a_capture_that_was_not_booked(story: Story) -> None:
    story.sale()
    story.rows["postings"].clear()


def a_capture_that_was_booked_twice(story: Story) -> None:
    paid = story.sale()
    story.booked(paid, 2.0, paid.attempt_id, paid.amount_minor)
    for row, amount in zip(story.rows["postings"], (1000, -1000, 999, -999), strict=True):
        row["amount_minor"] = amount


def a_booking_without_a_movement(story: Story) -> None:
    paid = story.sale()
    story.booked(paid, 2.0, "att_nowhere", 100)


def a_status_moved_back(story: Story) -> None:
    paid = story.sale()
    story.moved(paid, 2.0, "captured", "authorized", "payment.authorized")
    story.find("history", reference=paid.reference).update(got_status="processing", got_version=2)


def a_version_skipped(story: Story) -> None:
    paid = story.sale()
    story.last("status_history")["version"] = 4
    story.find("payments", payment_id=paid.payment_id)["version"] = 4


def a_status_shown_that_never_was(story: Story) -> None:
    story.find("history", reference=story.sale().reference)["got_status"] = "processing"


def an_event_that_never_arrived(story: Story) -> None:
    story.sale()
    story.rows["sink_events"].clear()
    story.last("webhook_deliveries")["state"] = "pending"


def an_event_with_two_bodies(story: Story) -> None:
    story.sale()
    story.rows["sink_events"].append({**story.last("sink_events"), "body_sha256": "sha-other"})


def an_event_that_nobody_recorded(story: Story) -> None:
    story.sale()
    story.rows["outbox"].clear()


def fallback_while_in_doubt(story: Story) -> None:
    """By our own record the first attempt became not executed only after the second was prepared."""
    _, first = fallback(story, 1.0)
    story.find("attempt_transitions", attempt_id=first["attempt_id"], to_state="not_executed")["at_us"] = at(3.0)


def fallback_although_the_first_gateway_executed(story: Story) -> None:
    """A answers late; B was asked meanwhile; A's attempt was marked failed (B07)."""
    paid = story.authorization(gateway="paypal")
    story.find("attempts", attempt_id=paid.attempt_id)["seq"] = 2
    first = story.attempt(paid, 0.5, paid.operation_id, amount_minor=paid.amount_minor, gateway="stripe",
                          state="not_executed")  # fmt: skip
    late = story.charge(paid, 3.0, status="authorized", gateway="stripe", attempt_id=first["attempt_id"])
    late["captured_minor"] = 0
    story.call(paid, 0.6, "create", gateway="stripe", attempt_id=first["attempt_id"])


def a_breaker_that_never_closed(story: Story) -> None:
    story.fault("gateway_down", "*-to-stripe", 4.0, 8.0)
    story.breaker(4.5, "closed", "open")
    for number in range(15):
        story.sale(1.0 + number * 0.1)
    for number in range(50):
        story.sale(8.1 + number * 0.2, gateway="paypal")


def a_breaker_that_leaks(story: Story) -> None:
    story.fault("gateway_down", "*-to-stripe", 4.0, 8.0)
    story.breaker(4.5, "closed", "open")
    story.breaker(8.5, "open", "half_open", "probe")
    story.breaker(8.6, "half_open", "closed", "probe_succeeded")
    for number in range(50):
        story.sale(1.0 + number * 0.3)


def declines_opened_a_breaker(story: Story) -> None:
    story.fault("decline_storm", "stripe", 1.0, 4.0)
    for number in range(10):
        story.decline(2.0 + number * 0.05)
    story.breaker(2.6, "closed", "open")
    story.breaker(4.7, "open", "half_open", "probe")
    story.breaker(4.8, "half_open", "closed", "probe_succeeded")
    for number in range(30):
        story.sale(5.0 + number * 0.4)


def retries_without_a_budget(story: Story) -> None:
    story.fault("brownout", "stripe", 1.0, 5.0)
    for number in range(60):
        paid = story.sale(1.0 + number * 0.06)
        for again in range(1, 3 if number % 2 else 2):
            story.call(paid, 1.0 + number * 0.06 + again * 0.03, "create", result="replayed")
    for number in range(40):
        story.sale(5.2 + number * 0.1)


def one_call_hammered(story: Story) -> None:
    paid = story.sale()
    for number in range(3):
        story.call(paid, 1.1 + number * 0.1, "create", result="in_use", http_status=409)


def retries_without_backoff(story: Story) -> None:
    for number in range(100):
        paid = story.sale(1.0 + number * 0.1)
        if number % 4 == 0:
            story.call(paid, 1.0 + number * 0.1 + 0.02, "create", result="replayed")


def resends_in_step(story: Story) -> None:
    for number in range(40):
        paid = story.sale(1.0 + number * 0.1)
        story.call(paid, 8.0 + number * 0.0001, "create", result="replayed")


def service_never_came_back(story: Story) -> None:
    story.fault("gateway_down", "*-to-stripe", 2.0, 4.0)
    for number in range(60):
        paid = story.intent()
        story.create(paid, 4.1 + number * 0.25, outcome="UNKNOWN", lasting_s=5.0)


def a_refused_refund_left_a_row(story: Story) -> None:
    row = story.refund(story.sale(), 2.0, 500)
    row.update(outcome="FAILED", http_status=422, error_code="refund_exceeds_captured", got_payment_id=None,
               got_refund_id=None)  # fmt: skip


BAD: list[tuple[Teller, set[str]]] = [
    *bad_amounts.BAD,
    *bad_calls.BAD,
    (charged_twice_at_one_gateway, {"I1"}),
    (charged_at_both_gateways_and_both_booked, {"I1", "I8"}),
    (an_extra_charge_that_the_merchant_refunded, {"I1", "I8"}),
    (an_acknowledged_payment_is_not_stored, {"I2", "I4", "I16", "I22"}),
    (an_acknowledged_payment_is_stored_as_less, {"I2"}),
    (an_acknowledged_refund_is_not_stored, {"I2"}),
    (an_acknowledged_payment_is_not_found_again, {"I2"}),
    (another_payment_is_found_again, {"I2"}),
    (a_success_without_a_charge, {"I3", "I16"}),
    (a_sale_that_the_gateway_only_holds, {"I3"}),
    (captured_less_than_the_client_was_told, {"I3"}),
    (a_payment_that_forgot_its_refund, {"I16"}),
    (a_payment_that_forgot_its_capture, {"I2", "I16"}),
    (a_success_whose_charge_was_reversed, {"I3"}),
    (a_refund_that_no_gateway_made, {"I3", "I16"}),
    (a_charge_of_an_unknown_attempt, {"I4"}),
    (a_charge_without_any_name, {"I4"}),
    (a_failure_that_was_charged_after_all, {"I4", "I5"}),
    (a_shed_request_that_was_charged, {"I5", "I40"}),
    (an_unknown_that_nobody_resolved, {"I6"}),
    (an_unknown_guessed_away, {"I6"}),
    (an_unknown_decided_on_an_unknown_word, {"I6"}),
    (an_unknown_decided_though_nobody_answered, {"I6"}),
    (an_unknown_decided_by_a_webhook_that_never_came, {"I6"}),
    (a_payment_that_stays_in_progress, {"I6", "I22", "I26", "I52"}),
    (a_payment_that_is_read_in_progress, {"I6"}),
    (an_unknown_left_to_people_without_a_word, {"I6"}),
    (a_replay_with_other_bytes, {"I7"}),
    (a_fresh_reply_after_a_replay, {"I7"}),
    (only_replays_though_all_was_answered, {"I7"}),
    (one_key_two_operations, {"I8"}),
    (one_key_two_fresh_replies, {"I8"}),
    (one_refund_executed_twice, {"I8", "I16"}),
    (another_payload_accepted, {"I9"}),
    (a_refused_payload_left_a_payment, {"I9", "I5", "I40"}),
    (a_transient_answer_was_stored, {"I10"}),
    (a_shed_answer_was_stored, {"I10"}),
    (a_key_that_stays_in_use, {"I10"}),
    (another_merchants_key_gets_in_the_way, {"I11"}),
    (another_merchants_payment_is_the_answer, {"I11"}),
    (captured_more_than_authorised, {"I12", "I16", "I21", "I60"}),
    (captured_after_the_void, {"I12"}),
    (refunded_more_than_captured, {"I13", "I16", "I21", "I26", "I52"}),
    (a_float_lost_a_cent, {"I14"}),
    (booked_another_amount, {"I14"}),
    (a_journal_that_does_not_balance, {"I15"}),
    (a_capture_that_was_not_booked, {"I16"}),
    (a_capture_that_was_booked_twice, {"I16"}),
    (a_booking_without_a_movement, {"I16"}),
    (a_status_moved_back, {"I18", "I52"}),
    (a_version_skipped, {"I18", "I26", "I52"}),
    (a_status_shown_that_never_was, {"I18"}),
    (an_event_that_never_arrived, {"I24"}),
    (an_event_with_two_bodies, {"I24"}),
    (steps_without_any_event, {"I22", "I24"}),
    (a_refund_without_any_event, {"I22", "I24", "I26"}),
    (an_event_given_up_at_once, {"I24"}),
    (an_event_with_a_false_signature, {"I24", "I25"}),
    (an_event_that_nobody_recorded, {"I22", "I24"}),
    (fallback_while_in_doubt, {"I33"}),
    (fallback_although_the_first_gateway_executed, {"I1", "I4", "I33"}),
    (a_breaker_that_never_closed, {"I35"}),
    (a_breaker_that_leaks, {"I35"}),
    (declines_opened_a_breaker, {"I35"}),
    (retries_without_a_budget, {"I36"}),
    (one_call_hammered, {"I36"}),
    (retries_without_backoff, {"I36"}),
    (resends_in_step, {"I36"}),
    (service_never_came_back, {"I37"}),
    (a_refused_refund_left_a_row, {"I5", "I40", "I49"}),
    (a_request_that_nobody_answered, {"I43"}),
    *bad_sessions.BAD,
    *bad_ledgers.BAD,
    *bad_disputes.BAD,
    *bad_reversals.BAD,
    *bad_clusters.BAD,
    *bad_failovers.BAD,
    *bad_orders.BAD,
    *bad_webhooks.BAD,
    *bad_copies.BAD,
    *bad_limits.BAD,
    *BAD_RECONCILIATIONS,
    *BAD_SETTLEMENTS,
    *BAD_BILLINGS,
]

SOUND = [
    *bad_amounts.SOUND,
    *bad_calls.SOUND,
    *bad_sessions.SOUND,
    *bad_ledgers.SOUND,
    *bad_limits.SOUND,
    *bad_clusters.SOUND,
    *bad_failovers.SOUND,
    *bad_orders.SOUND,
    *bad_webhooks.SOUND,
    *bad_copies.SOUND,
    a_request_to_a_frozen_replica,
    a_client_that_hangs_up_early,
]


def told(invariant: Invariant, evidence: Evidence) -> Sequence[Violation]:
    """Return the counterexamples; none where the evidence says neither yes nor no."""
    try:
        return invariant.violations(evidence)
    except Undecided:
        return []


@pytest.mark.parametrize(("tell", "expected"), BAD, ids=lambda item: getattr(item, "__name__", None))
def test_a_bad_story_is_caught_by_exactly_these(tmp_path: Path, tell: Teller, expected: set[str]) -> None:
    story = Story(tmp_path)
    tell(story)
    with story.evidence() as evidence:
        found = {item.id: told(item, evidence) for item in catalogue()}
    caught = {name: [violation.what for violation in violations] for name, violations in found.items() if violations}
    assert set(caught) == expected, caught


@pytest.mark.parametrize("tell", SOUND, ids=lambda item: item.__name__)
def test_a_story_that_only_looks_odd_is_no_violation(tmp_path: Path, tell: Teller) -> None:
    story = Story(tmp_path)
    tell(story)
    with story.evidence() as evidence:
        found = {item.id: [violation.what for violation in told(item, evidence)] for item in catalogue()}
    assert {name: whats for name, whats in found.items() if whats} == {}


def test_an_open_breaker_of_a_fallback_that_nobody_needs_is_no_violation(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.fault("gateway_down", "*-to-paypal", 4.0, 8.0)
    story.breaker(4.5, "closed", "open", gateway="paypal")
    for number in range(80):
        story.sale(1.0 + number * 0.2)
    with story.evidence() as evidence:
        assert [item.violations(evidence) for item in pick("I35")] == [[]]


def test_a_webhook_that_came_decides_an_unknown(tmp_path: Path) -> None:
    story = Story(tmp_path)
    an_unknown_decided_by_a_webhook_that_never_came(story)
    story.add("inbound_events", gateway="stripe", event_id="evt", type="charge", received_at_us=at(2.5),
              processed_at_us=at(2.6), deliveries=1)  # fmt: skip
    with story.evidence() as evidence:
        assert [item.violations(evidence) for item in pick("I6")] == [[]]


def test_a_delivery_that_was_given_up_after_the_whole_schedule_is_no_violation(tmp_path: Path) -> None:
    story = Story(tmp_path)
    an_event_given_up_at_once(story)
    story.plan = {"settings": {"webhooks": {"PAY_WEBHOOK_GIVE_UP_S": "10"}}}
    with story.evidence() as evidence:
        assert [item.violations(evidence) for item in pick("I24")] == [[]]


def test_a_charge_without_a_name_has_its_operations(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.sale()
    story.last("gateway_charges").update(reference="", merchant_id="")
    with story.evidence() as evidence:
        assert [item.violations(evidence) for item in pick("I3", "I4")] == [[], []]


def test_every_invariant_has_a_bad_story() -> None:
    assert set().union(*(expected for _, expected in BAD)) == {item.id for item in catalogue()}


def test_a_counterexample_names_ids_amounts_times_and_money(tmp_path: Path) -> None:
    story = Story(tmp_path)
    paid = story.authorization(1.0, amount_minor=1999)
    story.charge(paid, 1.5, status="authorized")["captured_minor"] = 0
    with story.evidence() as evidence:
        [violation] = next(item for item in catalogue() if item.id == "I1").violations(evidence)
    assert violation.reference == paid.reference
    assert violation.money == {"EUR": 1999}
    assert violation.size == 2
    for fact in (paid.reference, "m_alpha", paid.charge_id, "19.99 EUR", "1.510 s", "stripe"):
        assert fact in violation.what
    assert at(1.0) + SECOND_US == at(2.0)


@pytest.mark.parametrize(("state", "times"), [("declined", 0), ("failed", 0), ("succeeded", 1), ("unknown", 1)])
def test_a_reference_is_free_again_once_its_operation_came_to_nothing(tmp_path: Path, state: str, times: int) -> None:
    """Racers under several keys: the first was refused by an unreachable gateway, and the second was served."""
    story = Story(tmp_path)
    first = story.decline()
    story.last("operations")["state"] = state
    story.sale(1.5, reference=first.reference, key="another-key", merchant_id=first.merchant_id)
    with story.evidence() as evidence:
        [found] = [item.violations(evidence) for item in pick("I8")]
    assert len(found) == times
