"""A day on which everything that can go wrong outside did, and the platform did everything right."""

from tests.harness.invariants.bad_clusters import one_that_waits_for_its_standby
from tests.harness.invariants.bad_copies import followed, logged
from tests.harness.invariants.bad_disputes import disputes
from tests.harness.invariants.bad_limits import limits, repeated_references
from tests.harness.invariants.bad_reversals import taken_back
from tests.harness.invariants.reconciling import reconciliation
from tests.harness.invariants.settling import settled
from tests.harness.invariants.story import SECOND_US, Paid, Row, Story, at
from tests.harness.invariants.subscribing import billed


def sound_day(story: Story, *, billing: bool = True) -> None:
    """Tell a sound story that puts every invariant to the test.

    Without `billing` every charge was asked for by a client, as with a system that is not ours: nobody else uses it.
    """
    ordinary(story)
    story.seen(6.0)
    races(story)
    doubts(story)
    fallbacks(story)
    refusals(story)
    limits(story)
    repeated_references(story)
    outage(story)
    webhooks(story)
    endpoints(story)
    waits(story)
    sessions(story)
    one_that_waits_for_its_standby(story)
    reconciliation(story)
    taken_back(story)
    if billing:
        billed(story)
    disputes(story)
    logged(story)
    followed(story, until_s=40.0)
    settled(story)


def ordinary(story: Story) -> None:
    """Sales in four currencies, authorisations captured in whole and in part, voids, refunds, declines."""
    for number in range(24):
        merchant = ("m_alpha", "m_beta", "m_gamma", "m_delta")[number % 4]
        story.sale(0.5 + number * 0.1, merchant_id=merchant, amount_minor=1000 + number)
    for number in range(3):
        story.capture(story.authorization(1.0 + number), 1.3 + number)
        story.capture(story.authorization(1.1 + number), 1.4 + number, amount_minor=700)
        story.void(story.authorization(1.2 + number), 1.5 + number)
    for number in range(3):
        paid = story.sale(1.0 + number)
        story.refund(paid, 1.4 + number, 600)
        story.refund(paid, 1.6 + number, 1399)
    for number in range(6):
        story.decline(2.0 + number * 0.2)


def races(story: Story) -> None:
    """Keys sent many times at once, replayed after a refund, and refunds that together exceed the payment."""
    for number in range(6):
        paid = story.sale(3.0 + number * 0.2)
        for _ in range(3):
            lost = story.create(paid, 3.01 + number * 0.2, outcome="UNKNOWN", lasting_s=0.01)
            lost.update(http_status=409, error_code="idempotency_key_in_use")
        story.refund(paid, 3.3 + number * 0.2, 500)
        story.replay(paid, 4.5 + number * 0.2)
    for number in range(3):
        paid = story.sale(4.0 + number * 0.2)
        story.refund(paid, 4.3 + number * 0.2, 1500)
        for _ in range(3):
            refused = story.change("refund", paid, 4.31 + number * 0.2, 1500)
            refused.update(outcome="FAILED", http_status=422, error_code="refund_exceeds_captured", got_payment_id=None)


def doubts(story: Story) -> None:
    """Answers that were lost: unknown for a while, then known by asking again."""
    for number in range(5):
        unknown_sale(story, 5.5 + number * 0.2)


def unknown_sale(story: Story, at_s: float) -> Paid:
    """A sale whose answer was lost; the resolver's re-send was replayed, and the client read the end of it."""
    paid = story.sale(at_s, told=False)
    told = story.create(paid, at_s, outcome="UNKNOWN", lasting_s=1.6)
    told.update(http_status=202, got_payment_id=paid.payment_id, got_status="processing", got_version=2)
    told.update(body_sha256=story.new("sha-"), got_merchant_id=paid.merchant_id)
    again = story.create(paid, at_s + 2, outcome="UNKNOWN")
    again.update(http_status=202, got_payment_id=paid.payment_id, got_status="processing", got_version=2)
    again.update(replayed=True, body_sha256=told["body_sha256"])
    attempt = story.find("attempts", attempt_id=paid.attempt_id)
    attempt.update(evidence="resend", sends=2, decided_at_us=at(at_s + 2.1))
    last = story.find("attempt_transitions", attempt_id=paid.attempt_id, to_state="succeeded")
    last.update(from_state="unknown", evidence="resend", at_us=at(at_s + 2.1))
    story.add("attempt_transitions", attempt_id=paid.attempt_id, operation_id=paid.operation_id,
              from_state="dispatched", to_state="unknown", evidence="timeout", at_us=at(at_s + 1.5))  # fmt: skip
    story.find("gateway_calls", attempt_id=paid.attempt_id).update(http_status=None, answered_at_us=None)
    story.call(paid, at_s + 2.0, "create", result="replayed")
    return paid


def fallbacks(story: Story) -> None:
    """Payments that were refused by one gateway before a byte was written, and made at the other."""
    for number in range(4):
        fallback(story, 6.5 + number * 0.2)
        nowhere_to_go(story, 6.6 + number * 0.2)


def fallback(story: Story, at_s: float) -> tuple[Paid, Row]:
    """Return a payment at paypal, and its earlier attempt at stripe that was refused."""
    paid = story.sale(at_s + 0.1, gateway="paypal")
    story.find("attempts", attempt_id=paid.attempt_id)["seq"] = 2
    first = story.attempt(
        paid, at_s, paid.operation_id, amount_minor=paid.amount_minor, gateway="stripe", state="not_executed",
        evidence="transport",
    )  # fmt: skip
    first.update(phase="refused", http_status=None)
    return paid, first


def nowhere_to_go(story: Story, at_s: float) -> None:
    """A refund that was accepted, but whose gateway refused every connection: failed for good, and told so twice."""
    paid = story.sale(at_s)
    row = story.change("refund", paid, at_s + 0.1, 500)
    attempt = story.operation(paid, at_s + 0.1, "refund", 500, row, state="failed")
    attempt.update(state="not_executed", phase="refused", http_status=None, evidence="transport")
    story.last("attempt_transitions").update(to_state="not_executed", evidence="transport")
    row.update(outcome="FAILED", http_status=503, error_code="gateways_unavailable", got_payment_id=None)
    story.add("history", **{**row, "attempt": 2, "replayed": True, "sent_us": at(at_s + 0.5)})


def refusals(story: Story) -> None:
    """Keys reused with other payloads, keys shared by merchants, and requests that make no sense."""
    for number in range(4):
        paid = story.sale(8.0 + number * 0.1)
        story.refused("create", 8.3, code="idempotency_key_reused", idempotency_key=paid.key,
                      reference=f"{paid.reference}-reuse", amount_minor=1)  # fmt: skip
        key = story.new("shared-")
        story.sale(8.0 + number * 0.1, key=key)
        story.sale(8.1 + number * 0.1, key=key, merchant_id="m_beta")
        story.refused("create", 8.5, status=400, code="amount_invalid", reference=f"nonsense-{number}")

    story.takes("stripe", "EUR", least_minor=50, most_minor=99_999_999)
    story.takes("stripe", "JPY", least_minor=50, most_minor=99_999_999)
    story.takes("stripe", "KWD", least_minor=10, most_minor=99_999_990)
    story.takes("paypal", "USD", least_minor=1, most_minor=999_999_999)
    for number, (amount_minor, currency) in enumerate(((10**9, "KWD"), (49, "EUR"), (100, "IQD"))):
        story.refused("create", 8.6, code="amount_not_supported", reference=f"odd-{number}",
                      amount_minor=amount_minor, currency=currency)  # fmt: skip

    spent = story.sale(8.1)
    story.refund(spent, 8.2, spent.amount_minor)
    for number in range(4):
        story.refused("refund", 8.6 + number / 10, code="refund_exceeds_captured", reference=f"spent-{number}",
                      amount_minor=100, payment_id=spent.payment_id, currency=spent.currency)  # fmt: skip
    once = story.sale(8.7)
    story.rows["history"][-1]["flow"] = "same_reference"
    for number in range(4):
        story.refused("create", 8.8 + number / 10, code="merchant_reference_used", reference=once.reference,
                      flow="same_reference", amount_minor=once.amount_minor, currency=once.currency)  # fmt: skip


def outage(story: Story) -> None:
    """Stripe was gone for three seconds: the breaker opened, probed and closed, and traffic came back."""
    story.fault("gateway_down", "*-to-stripe", 9.0, 12.0)
    story.fault("database_latency", "[aw]*-to-db-*", 9.0, 14.0)
    story.breaker(9.4, "closed", "open")
    story.breaker(11.4, "open", "half_open", "probe")
    story.breaker(11.5, "half_open", "open", "probe_failed")
    story.breaker(13.5, "open", "half_open", "probe")
    story.breaker(13.6, "half_open", "closed", "probe_succeeded")
    for number in range(10):
        paid = story.sale(9.0 + number * 0.04)
        story.find("gateway_calls", attempt_id=paid.attempt_id).update(http_status=503)
        story.call(paid, 9.5 + number * 0.3, "create", result="replayed")
        story.last("gateway_calls")["answered_at_us"] += SECOND_US // 100
    for number in range(30):
        paid = story.sale(14.0 + number * 0.1)
        story.find("gateway_calls", attempt_id=paid.attempt_id).update(answered_at_us=at(19.0), fault="late_replies")
        story.call(paid, 15.6 + number * 0.1, "create", result="in_use", http_status=409)
    for number in range(20):
        story.sale(10.5 + number * 0.15, gateway="paypal")
    for number in range(60):
        story.sale(13.7 + number * 0.1)


def waits(story: Story) -> None:
    """A gateway that took a second for some answers, while nobody held anything and everybody could look."""
    for number in range(6):
        paid = waiting(story, 17.0 + number * 0.1)
        for _ in range(3):
            story.look(paid, 18.0 + number * 0.1, 910_000 + number)
        story.sessions(17.5 + number * 0.1, "api1", 0.0)


def waiting(story: Story, at_s: float) -> Paid:
    """Return a payment, made at api1, for which its gateway took a second."""
    paid = story.sale(at_s)
    told = story.last("history")
    told["done_us"] += SECOND_US
    call = story.find("gateway_calls", attempt_id=paid.attempt_id)
    call.update(correlation_id=told["correlation_id"], answered_at_us=call["arrived_at_us"] + SECOND_US)
    return paid


def sessions(story: Story) -> None:
    """Shopkeepers who look at what they made: at the other replica, at the first one, and after a refund."""
    for session in range(900_000, 900_012):
        at_s = 13.8 + (session - 900_000) * 0.2
        paid = story.sale(at_s)
        story.in_session(session)
        story.look(paid, at_s + 0.2, session)
        story.look(paid, at_s + 0.3, session, replica="api1")
        story.refund(paid, at_s + 0.4, 500)
        story.in_session(session)
        story.look(paid, at_s + 0.6, session)


def webhooks(story: Story) -> None:
    """Events that came twice, that were the only evidence, and false ones that nobody believed."""
    for number in range(8):
        paid = story.sale(5.0 + number * 0.1)
        first = story.webhook(paid, 5.1 + number * 0.1)
        story.webhook(paid, 5.15 + number * 0.1, event_id=first["event_id"], fault="duplicate_webhook")
        for truth in ("false_secret", "unsigned", "stale"):
            story.webhook(paid, 5.2, "payment_intent.payment_failed", truth=truth, http_status=400,
                          fault="forge_signature", status="requires_payment_method")  # fmt: skip
    for number in range(4):
        decided_by_webhook(story, 6.0 + number * 0.1)


def decided_by_webhook(story: Story, at_s: float, *, after_s: float = 4.0) -> Paid:
    """Return a sale that nobody knew of until the gateway's event acted, `after_s` after it was accepted."""
    paid = unknown_sale(story, at_s)
    story.webhook(paid, at_s + 0.1)
    decided_us = at(at_s + 0.11 + after_s)
    story.find("attempts", attempt_id=paid.attempt_id).update(evidence="webhook", decided_at_us=decided_us)
    last = story.find("attempt_transitions", attempt_id=paid.attempt_id, to_state="succeeded")
    last.update(evidence="webhook", at_us=decided_us)
    return paid


def endpoints(story: Story) -> None:
    """A merchant's endpoint that redirects, errs and hangs, and gets each event all the same, as was promised."""
    for number in range(7):
        story.sale(3.0 + number * 0.1, merchant_id="m_gamma", amount_minor=1250)
        receipt = story.rows["sink_events"].pop()
        begin_us = receipt["received_at_us"]
        tries = ((307, 0.0, "sink_redirect"), (503, 0.6, "sink_error"), (None, 1.5, "sink_hang"))
        for status, late_s, fault in tries:
            at_us = begin_us + round(late_s * SECOND_US)
            answered_us = at_us + 1000 if status else None
            story.add("sink_events", **{**receipt, "received_at_us": at_us, "answered_at_us": answered_us,
                                        "http_status": status, "fault": fault})  # fmt: skip
        late = {"received_at_us": begin_us + 6 * SECOND_US, "answered_at_us": begin_us + 6 * SECOND_US + 1000}
        story.add("sink_events", **{**receipt, **late})
