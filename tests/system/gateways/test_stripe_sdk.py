"""The official SDK against the stripe-like gateway, unchanged but for its base address."""

from collections.abc import Callable

import pytest
import stripe
from stripe import StripeClient

from tests.system.gateways.live import API_KEY, LiveGateway, eventually


@pytest.fixture
def gateway(open_gateway: Callable[..., LiveGateway]) -> LiveGateway:
    return open_gateway("stripe", refund_fail_ms=10)


@pytest.fixture
def client(gateway: LiveGateway) -> StripeClient:
    return StripeClient(API_KEY, base_addresses={"api": gateway.url}, max_network_retries=0)


def pay(client: StripeClient, **fields: object) -> stripe.PaymentIntent:
    base = {"amount": 1999, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    return client.v1.payment_intents.create({**base, **fields})  # type: ignore[arg-type]


def test_an_intent_is_created_confirmed_and_retrieved(client: StripeClient) -> None:
    intents = client.v1.payment_intents
    made = intents.create({"amount": 1999, "currency": "eur", "metadata": {"order": "6735"}})
    assert made.status == "requires_payment_method"
    confirmed = intents.confirm(made.id, {"payment_method": "pm_card_visa"})
    assert (confirmed.status, confirmed.amount_received) == ("succeeded", 1999)
    again = intents.retrieve(made.id, {"expand": ["latest_charge"]})
    assert again.metadata["order"] == "6735"
    assert isinstance(again.latest_charge, stripe.Charge)
    assert again.latest_charge.captured is True


def test_an_authorisation_is_captured_in_part_or_cancelled(client: StripeClient) -> None:
    intents = client.v1.payment_intents
    held = pay(client, capture_method="manual")
    assert (held.status, held.amount_capturable) == ("requires_capture", 1999)
    taken = intents.capture(held.id, {"amount_to_capture": 1500})
    assert (taken.status, taken.amount_received) == ("succeeded", 1500)
    other = pay(client, capture_method="manual")
    assert intents.cancel(other.id, {"cancellation_reason": "requested_by_customer"}).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        intents.capture(other.id)
    assert caught.value.code == "payment_intent_unexpected_state"


def test_an_intent_is_updated_listed_and_searched(client: StripeClient) -> None:
    intents = client.v1.payment_intents
    made = [pay(client, amount=100 + n, metadata={"attempt_id": f"att_{n}"}) for n in range(5)]
    intents.update(made[0].id, {"metadata": {"color": "red", "attempt_id": ""}, "description": "shoes"})
    assert intents.retrieve(made[0].id).metadata.to_dict() == {"color": "red"}
    page = intents.list({"limit": 2})
    assert page.has_more
    assert [intent.id for intent in page.data] == [made[4].id, made[3].id]
    assert [i.id for i in intents.list({"limit": 2, "starting_after": made[3].id}).data] == [made[2].id, made[1].id]
    assert len(list(intents.list({"limit": 2}).auto_paging_iter())) == 5
    assert [i.id for i in intents.search({"query": "metadata['attempt_id']:'att_3'"}).data] == [made[3].id]
    assert intents.search({"query": "metadata['attempt_id']:'att_0'"}).data == []
    both = intents.search({"query": "status:'succeeded' AND amount>102"}).data
    assert {intent.amount for intent in both} == {103, 104}
    either = intents.search({"query": "amount:100 OR amount:101"}).data
    assert {intent.amount for intent in either} == {100, 101}


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
        ("pm_card_visa_chargeDeclinedTryAgainLater", "card_declined", "try_again_later"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ],
)
def test_a_decline_raises_card_error_and_the_intent_waits_for_another_card(
    client: StripeClient, method: str, code: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as caught:
        pay(client, payment_method=method)
    error = caught.value
    assert (error.http_status, error.code, error.error.decline_code) == (402, code, decline_code)
    intent = client.v1.payment_intents.retrieve(error.error.payment_intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.code == code
    assert client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}).status == "succeeded"


def test_a_card_may_require_action_first(client: StripeClient, gateway: LiveGateway) -> None:
    waiting = pay(client, payment_method="pm_card_authenticationRequired")
    assert waiting.status == "requires_action"
    assert gateway.books()["charges"][0]["status"] == "requires_action"
    assert client.v1.payment_intents.confirm(waiting.id).status == "succeeded"


def test_refunds_are_made_listed_retrieved_and_bounded(client: StripeClient) -> None:
    intent = pay(client)
    part = client.v1.refunds.create({"payment_intent": intent.id, "amount": 500, "metadata": {"why": "broken"}})
    assert (part.status, part.amount) == ("succeeded", 500)
    rest = client.v1.refunds.create({"charge": str(intent.latest_charge), "reason": "requested_by_customer"})
    assert rest.amount == 1499
    assert [r.id for r in client.v1.refunds.list({"payment_intent": intent.id}).data] == [rest.id, part.id]
    assert client.v1.refunds.retrieve(part.id).metadata["why"] == "broken"
    assert client.v1.refunds.update(part.id, {"metadata": {"why": "lost"}}).metadata["why"] == "lost"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert caught.value.code == "charge_already_refunded"
    assert client.v1.charges.retrieve(str(intent.latest_charge)).refunded is True


def test_a_refund_to_a_failing_card_fails_later(client: StripeClient) -> None:
    intent = pay(client, payment_method="pm_card_refundFail")
    made = client.v1.refunds.create({"payment_intent": intent.id})
    assert made.status == "succeeded"
    eventually(lambda: client.v1.refunds.retrieve(made.id).status == "failed")
    assert client.v1.charges.retrieve(str(intent.latest_charge)).amount_refunded == 0


def test_the_other_objects_can_be_read(client: StripeClient) -> None:
    intent = pay(client, payment_method="pm_card_createDispute")
    eventually(lambda: len(client.v1.disputes.list({"payment_intent": intent.id}).data) == 1)
    (dispute,) = client.v1.disputes.list({"payment_intent": intent.id}).data
    assert client.v1.disputes.retrieve(dispute.id).status == "needs_response"
    charge = client.v1.charges.list({"payment_intent": intent.id}).data[0]
    assert charge.disputed is True
    line = client.v1.balance_transactions.retrieve(str(charge.balance_transaction))
    assert (line.amount, line.type, line.net) == (1999, "charge", 1999 - line.fee)
    assert len(client.v1.balance_transactions.list({"type": "charge"}).data) == 1
    told = {event.type for event in client.v1.events.list().data}
    assert told == {"payment_intent.succeeded", "charge.dispute.created", "charge.dispute.funds_withdrawn"}
    event = client.v1.events.list({"type": "payment_intent.succeeded"}).data[0]
    assert client.v1.events.retrieve(event.id).data.object["id"] == intent.id


def test_customers_payment_methods_and_payouts_can_be_made_and_read(client: StripeClient) -> None:
    customer = client.v1.customers.create({"email": "jenny@example.com", "metadata": {"tier": "gold"}})
    assert client.v1.customers.update(customer.id, {"name": "Jenny"}).name == "Jenny"
    assert client.v1.customers.list({"email": "jenny@example.com"}).data[0].id == customer.id
    method = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    assert client.v1.payment_methods.attach(method.id, {"customer": customer.id}).customer == customer.id
    assert client.v1.payment_methods.retrieve("pm_card_mastercard").card.brand == "mastercard"
    assert pay(client, payment_method=method.id, customer=customer.id).customer == customer.id
    payout = client.v1.payouts.create({"amount": 500, "currency": "eur"})
    assert client.v1.payouts.retrieve(payout.id).status == "paid"
    assert [p.id for p in client.v1.payouts.list().data] == [payout.id]


def test_a_card_number_is_refused(client: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_methods.create(
            {"type": "card", "card": {"number": "4242424242424242", "exp_month": 1, "exp_year": 2034}}
        )


def test_keys_replay_mismatch_and_collide_in_the_sdks_own_words(client: StripeClient, gateway: LiveGateway) -> None:
    fields = {"amount": 100, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    create = client.v1.payment_intents.create
    first = create(fields, {"idempotency_key": "k1"})  # type: ignore[arg-type]
    again = create(fields, {"idempotency_key": "k1"})  # type: ignore[arg-type]
    assert again.id == first.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError) as caught:
        create({**fields, "amount": 101}, {"idempotency_key": "k1"})  # type: ignore[arg-type]
    assert caught.value.error.type == "idempotency_error"
    gateway.arm("409_in_use")
    with pytest.raises(stripe.StripeError) as busy:
        create(fields, {"idempotency_key": "k2"})  # type: ignore[arg-type]
    assert busy.value.http_status == 409
    assert busy.value.error.code == "idempotency_key_in_use"


def test_the_sdks_own_retries_find_the_executed_charge(gateway: LiveGateway) -> None:
    gateway.arm("execute_then_drop")
    client = StripeClient(API_KEY, base_addresses={"api": gateway.url}, max_network_retries=6)
    assert all(pay(client, amount=100 + n).status == "succeeded" for n in range(4))
    assert gateway.hits() == 4
    assert gateway.moved() == 4


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"amount": "abc"}, "amount"),
        ({"amount": -5}, "amount"),
        ({"currency": "xxx"}, "currency"),
        ({"payment_method": "pm_card_nobody"}, "payment_method"),
        ({"capture_method": "sometimes"}, "capture_method"),
        ({"metadata": {"x" * 50: "1"}}, "metadata"),
        ({"confirm": "perhaps"}, "confirm"),
    ],
)
def test_nonsense_is_refused_naming_the_parameter(
    client: StripeClient, gateway: LiveGateway, fields: dict[str, object], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        pay(client, **fields)
    assert caught.value.http_status == 400
    assert caught.value.param == param
    assert gateway.moved() == 0


def test_a_wrong_key_an_unknown_object_and_an_unknown_url_are_refused(gateway: LiveGateway) -> None:
    stranger = StripeClient("sk_test_stranger", base_addresses={"api": gateway.url})
    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.payment_intents.retrieve("pi_1")
    client = StripeClient(API_KEY, base_addresses={"api": gateway.url})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.retrieve("pi_1")
    assert caught.value.code == "resource_missing"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.topups.list()
    with pytest.raises(stripe.InvalidRequestError, match="search query"):
        client.v1.payment_intents.search({"query": "metadata[:"})
