"""Events reach the platform: signed, in order, again until accepted, and wrong exactly as planted."""

import json
import time
from collections.abc import Callable

import pytest
import stripe

from system.signing import SignatureError, verify
from tests.system.gateways.hooks import Hooks
from tests.system.gateways.live import WEBHOOK_SECRET, LiveGateway, eventually, free_port
from tests.system.gateways.tellers import Teller, teller_of

Open = Callable[..., LiveGateway]


def types(hooks: Hooks) -> list[str]:
    told = [json.loads(body) for _, body in hooks.received]
    return [event.get("type") or event["event_type"] for event in told]


SALE = {"stripe": "payment_intent.succeeded", "paypal": "PAYMENT.CAPTURE.COMPLETED"}
REFUND = {"stripe": "refund.created", "paypal": "PAYMENT.CAPTURE.REFUNDED"}


@pytest.fixture(params=["stripe", "paypal"])
def brand(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def start(open_gateway: Open, brand: str, *urls: str) -> Teller:
    return teller_of(open_gateway(brand, webhook_urls=",".join(urls)))


def test_an_event_is_signed_and_carries_our_ids(open_gateway: Open, brand: str) -> None:
    with Hooks() as hooks:
        start(open_gateway, brand, hooks.url).sell("k1")
        eventually(lambda: len(hooks.received) == 1)
        signature, body = hooks.received[0]
        verify([WEBHOOK_SECRET], signature, body, time.time())
        assert b"pay_k1" in body
        assert b"att_k1" in body
        assert types(hooks) == [SALE[brand]]


def test_the_official_sdk_verifies_and_reads_the_event(open_gateway: Open) -> None:
    with Hooks() as hooks:
        start(open_gateway, "stripe", hooks.url).sell("k1")
        eventually(lambda: len(hooks.received) == 1)
        signature, body = hooks.received[0]
        event = stripe.Webhook.construct_event(body, signature, WEBHOOK_SECRET)
        assert event.type == "payment_intent.succeeded"
        assert event.data.object["metadata"]["attempt_id"] == "att_k1"
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body + b" ", signature, WEBHOOK_SECRET)


def test_a_payments_events_arrive_in_order(open_gateway: Open, brand: str) -> None:
    with Hooks() as hooks:
        teller = start(open_gateway, brand, hooks.url)
        ref = teller.sell("k1", 1000).ref
        for number in range(5):
            assert teller.refund(f"r{number}", ref, 10 + number).ok
        eventually(lambda: len(hooks.received) == 6)
        assert types(hooks) == [SALE[brand], *[REFUND[brand]] * 5]
        told = [json.loads(body) for _, body in hooks.received[1:]]
        keys = [event["request"]["idempotency_key"] if brand == "stripe" else event["request_id"] for event in told]
        assert keys == [f"r{number}" for number in range(5)]


def test_an_event_is_sent_again_until_it_is_accepted(open_gateway: Open, brand: str) -> None:
    with Hooks(500, 503) as hooks:
        teller = start(open_gateway, brand, hooks.url)
        teller.sell("k1")
        eventually(lambda: len(hooks.received) == 1)
        eventually(lambda: not teller.gateway.simulator.books.state.owed)


def test_an_unreachable_url_is_passed_over_for_the_next(open_gateway: Open, brand: str) -> None:
    with Hooks() as hooks:
        start(open_gateway, brand, f"http://127.0.0.1:{free_port()}/webhooks", hooks.url).sell("k1")
        eventually(lambda: len(hooks.received) == 1)


def test_what_was_owed_when_the_process_ended_is_sent_after_its_return(open_gateway: Open, brand: str) -> None:
    first = open_gateway(brand, webhook_urls=f"http://127.0.0.1:{free_port()}/nobody")
    teller_of(first).sell("k1")
    assert len(first.simulator.books.state.owed) == 1
    with Hooks() as hooks:
        open_gateway(brand, webhook_urls=hooks.url)
        eventually(lambda: types(hooks) == [SALE[brand]])


def test_duplicates_are_the_same_event_several_times(open_gateway: Open, brand: str) -> None:
    with Hooks() as hooks:
        teller = start(open_gateway, brand, hooks.url)
        teller.gateway.arm("duplicate_webhook", copies=3)
        teller.sell("k1")
        eventually(lambda: len(hooks.received) == 3)
        assert len({body for _, body in hooks.received}) == 1
        assert teller.gateway.hits() == 1


def test_a_dropped_event_never_arrives_and_later_ones_do(open_gateway: Open, brand: str) -> None:
    with Hooks() as hooks:
        teller = start(open_gateway, brand, hooks.url)
        teller.gateway.arm("drop_webhook")
        ref = teller.sell("k1").ref
        teller.gateway.disarm()
        teller.refund("k2", ref, 100)
        eventually(lambda: not teller.gateway.simulator.books.state.owed)
        assert types(hooks) == [REFUND[brand]]


def test_a_delayed_event_is_overtaken(open_gateway: Open, brand: str) -> None:
    with Hooks() as hooks:
        teller = start(open_gateway, brand, hooks.url)
        teller.gateway.arm("delay_webhook", ms=3000)
        ref = teller.sell("k1").ref
        assert teller.gateway.hits() == 1
        teller.gateway.disarm()
        teller.refund("k2", ref, 100)
        eventually(lambda: len(hooks.received) == 2)
        assert types(hooks) == [REFUND[brand], SALE[brand]]


def test_a_reordered_event_follows_the_next_one_of_its_payment(open_gateway: Open, brand: str) -> None:
    with Hooks() as hooks:
        teller = start(open_gateway, brand, hooks.url)
        teller.gateway.arm("reorder_webhooks", hold_ms=5000)
        ref = teller.sell("k1").ref
        teller.gateway.disarm()
        teller.refund("k2", ref, 100)
        eventually(lambda: len(hooks.received) == 2)
        assert types(hooks)[0] == REFUND[brand]


def test_a_held_event_is_sent_when_no_other_follows(open_gateway: Open, brand: str) -> None:
    with Hooks() as hooks:
        teller = start(open_gateway, brand, hooks.url)
        teller.gateway.arm("reorder_webhooks", hold_ms=100)
        teller.sell("k1")
        eventually(lambda: types(hooks) == [SALE[brand]])


def test_a_forged_copy_does_not_verify_and_the_genuine_event_does(open_gateway: Open, brand: str) -> None:
    with Hooks() as hooks:
        teller = start(open_gateway, brand, hooks.url)
        teller.gateway.arm("forge_signature")
        teller.sell("k1")
        eventually(lambda: len(hooks.received) == 2)
        verdicts = []
        for signature, body in hooks.received:
            try:
                verify([WEBHOOK_SECRET], signature, body, time.time())
                verdicts.append((True, b"intent.succeeded" in body or b"COMPLETED" in body))
            except SignatureError:
                verdicts.append((False, b"payment_failed" in body or b"DENIED" in body))
        assert sorted(verdicts) == [(False, True), (True, True)]


def test_a_forgery_may_replace_the_genuine_event(open_gateway: Open, brand: str) -> None:
    with Hooks() as hooks:
        teller = start(open_gateway, brand, hooks.url)
        teller.gateway.arm("forge_signature", genuine="dropped")
        teller.sell("k1")
        eventually(lambda: len(hooks.received) == 1)
        signature, body = hooks.received[0]
        with pytest.raises(SignatureError):
            verify([WEBHOOK_SECRET], signature, body, time.time())


@pytest.mark.parametrize(
    "kind", ["drop_webhook", "duplicate_webhook", "delay_webhook", "reorder_webhooks", "forge_signature"]
)
def test_the_books_tell_which_events_a_webhook_fault_was_done_to(open_gateway: Open, brand: str, kind: str) -> None:
    with Hooks() as hooks:
        teller = start(open_gateway, brand, hooks.url)
        ref = teller.sell("k1").ref
        teller.gateway.arm(kind, id="mine")
        teller.refund("k2", ref, 100)
        told = teller.gateway.books()["fault_hits"]
        teller.gateway.disarm("mine")
        teller.refund("k3", ref, 100)
    assert [(row["fault_id"], row["kind"]) for row in told] == [("mine", kind)]
    assert told[0]["subject"]
    assert teller.gateway.books()["fault_hits"] == told


WAYS = ["false_secret", "unsigned", "altered", "stale", "future"]


@pytest.mark.parametrize("how", WAYS)
def test_each_false_event_is_refused_by_a_receiver_that_looks_and_is_on_file_as_false(
    open_gateway: Open, brand: str, how: str
) -> None:
    with Hooks() as hooks:
        teller = start(open_gateway, brand, hooks.url)
        teller.gateway.arm("forge_signature", genuine="dropped", how=how)
        teller.sell("k1")
        eventually(lambda: len(hooks.received) == 1)
        signature, body = hooks.received[0]
        with pytest.raises(SignatureError):
            verify([WEBHOOK_SECRET], signature, body, time.time())
        eventually(lambda: teller.gateway.books()["deliveries"][0]["http_status"] == 200)
        (row,) = teller.gateway.books()["deliveries"]
        assert (row["truth"], row["fault"], row["attempt_id"]) == (how, "forge_signature", "att_k1")
        assert (row["type"] == SALE[brand]) == (how in ("stale", "future"))


def test_every_try_is_on_file_with_the_faults_that_shaped_it(open_gateway: Open, brand: str) -> None:
    with Hooks(500) as hooks:
        teller = start(open_gateway, brand, hooks.url)
        teller.gateway.arm("duplicate_webhook", copies=2)
        teller.sell("k1")
        eventually(lambda: len(hooks.received) == 2)
        eventually(lambda: all(row["http_status"] for row in teller.gateway.books()["deliveries"]))
        rows = teller.gateway.books()["deliveries"]
        assert sorted(row["http_status"] for row in rows) == [200, 200, 500]
        assert {row["fault"] for row in rows} == {"", "duplicate_webhook"}
        assert {(row["truth"], row["type"]) for row in rows} == {("genuine", SALE[brand])}
        assert len({row["event_id"] for row in rows}) == 1


def test_an_event_that_is_never_sent_is_on_file(open_gateway: Open, brand: str) -> None:
    with Hooks() as hooks:
        teller = start(open_gateway, brand, hooks.url)
        teller.gateway.arm("drop_webhook")
        teller.sell("k1")
        (row,) = teller.gateway.books()["deliveries"]
        assert (row["truth"], row["fault"], row["sent_at_us"]) == ("dropped", "drop_webhook", None)
