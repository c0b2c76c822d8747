"""Disputes at each gateway: opened by a card or a fault, answered, escalated, won, lost; and what each step moves."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from tests.system.gateways.live import API_KEY, Answer, LiveGateway, call, eventually
from tests.system.gateways.tellers import PayPalTeller, Teller

FEE = 2000


@pytest.fixture
def gateway(open_gateway: Callable[..., LiveGateway]) -> LiveGateway:
    return open_gateway("stripe", dispute_ms=10)


@pytest.fixture
def client(gateway: LiveGateway) -> StripeClient:
    return StripeClient(API_KEY, base_addresses={"api": gateway.url}, max_network_retries=0)


def disputed(client: StripeClient, method: str = "pm_card_createDispute") -> stripe.Dispute:
    fields: Any = {"amount": 1999, "currency": "eur", "payment_method": method, "confirm": True}
    intent = client.v1.payment_intents.create(fields)
    eventually(lambda: len(client.v1.disputes.list({"payment_intent": intent.id}).data) == 1)
    return client.v1.disputes.list({"payment_intent": intent.id}).data[0]


def moves(gateway: LiveGateway) -> list[tuple[str, int]]:
    movements = gateway.books()["movements"]
    return [(row["kind"], row["amount_minor"]) for row in movements if row["kind"].startswith("dispute")]


def events(client: StripeClient) -> list[str]:
    told = [event.type for event in client.v1.events.list({"limit": 100}).data]
    return [type_.removeprefix("charge.dispute.") for type_ in reversed(told) if type_.startswith("charge.dispute.")]


def test_a_dispute_withdraws_its_amount_and_a_fee(client: StripeClient, gateway: LiveGateway) -> None:
    made = disputed(client)
    assert (made.status, made.amount, made.is_charge_refundable) == ("needs_response", 1999, False)
    (line,) = made.balance_transactions
    assert (line.amount, line.fee, line.net, line.reporting_category) == (-1999, FEE, -1999 - FEE, "dispute")
    assert moves(gateway) == [("dispute", 1999), ("dispute_fee", FEE)]
    (row,) = gateway.books()["disputes"]
    assert (row["dispute_id"], row["state"], row["status"]) == (made.id, "needs_response", "needs_response")
    assert events(client) == ["created", "funds_withdrawn"]


@pytest.mark.parametrize(
    ("evidence", "status", "moved", "told"),
    [
        ("winning_evidence", "won", [("dispute_reversal", 1999)], ["updated", "funds_reinstated", "closed"]),
        ("losing_evidence", "lost", [], ["updated", "closed"]),
    ],
)
def test_evidence_decides_and_only_a_won_dispute_gives_its_money_back(
    client: StripeClient, gateway: LiveGateway, evidence: str, status: str, moved: list[Any], told: list[str]
) -> None:
    made = disputed(client)
    answered = client.v1.disputes.update(made.id, {"evidence": {"uncategorized_text": evidence}})
    assert (answered.status, answered.evidence_details.submission_count) == ("under_review", 1)
    eventually(lambda: client.v1.disputes.retrieve(made.id).status == status)
    assert moves(gateway) == [("dispute", 1999), ("dispute_fee", FEE), *moved]
    assert gateway.books()["charges"][0]["disputed_minor"] == (0 if status == "won" else 1999)
    assert events(client) == ["created", "funds_withdrawn", *told]


def test_staged_evidence_leaves_the_dispute_waiting_and_metadata_can_be_kept(client: StripeClient) -> None:
    made = disputed(client)
    staged = client.v1.disputes.update(
        made.id, {"evidence": {"customer_name": "Jenny"}, "submit": False, "metadata": {"case": "7"}}
    )
    assert (staged.status, staged.evidence.customer_name, staged.metadata["case"]) == ("needs_response", "Jenny", "7")


def test_a_dispute_that_is_closed_is_lost_and_takes_no_more_answers(client: StripeClient) -> None:
    made = disputed(client)
    assert client.v1.disputes.close(made.id).status == "lost"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.close(made.id)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.update(made.id, {"evidence": {"uncategorized_text": "winning_evidence"}})


def test_an_inquiry_takes_nothing_and_can_be_refunded_closed_or_escalated(
    client: StripeClient, gateway: LiveGateway
) -> None:
    made = disputed(client, "pm_card_createDisputeInquiry")
    assert (made.status, made.is_charge_refundable, made.balance_transactions) == ("warning_needs_response", True, [])
    client.v1.refunds.create({"charge": str(made.charge), "amount": 999})
    client.v1.disputes.update(made.id, {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}})
    eventually(lambda: client.v1.disputes.retrieve(made.id).status == "needs_response")
    assert client.v1.disputes.retrieve(made.id).amount == 1000
    assert moves(gateway) == [("dispute", 1000), ("dispute_fee", FEE)]
    other = disputed(client, "pm_card_createDisputeInquiry")
    assert client.v1.disputes.close(other.id).status == "warning_closed"


def test_an_inquiry_of_what_was_refunded_whole_is_never_escalated(client: StripeClient, gateway: LiveGateway) -> None:
    made = disputed(client, "pm_card_createDisputeInquiry")
    client.v1.refunds.create({"charge": str(made.charge)})
    client.v1.disputes.update(made.id, {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}})
    eventually(lambda: client.v1.disputes.retrieve(made.id).status == "warning_closed")
    assert moves(gateway) == []


@pytest.mark.parametrize("evidence", [{"no_such_field": "x"}, {"uncategorized_text": "x" * 150_001}])
def test_nonsense_as_evidence_is_refused(client: StripeClient, evidence: dict[str, str]) -> None:
    made = disputed(client)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.update(made.id, {"evidence": evidence})  # type: ignore[typeddict-item]
    assert client.v1.disputes.retrieve(made.id).status == "needs_response"


def planted(teller: Teller, **parameters: float) -> None:
    given = {"ms": 5, "decided_ms": 20, "won_share": 1.0, "inquiry_share": 0.0, "escalated_share": 1.0, **parameters}
    spec = {"id": "f", "kind": "disputes", "share": 1.0, "seed": 1, "parameters": given}
    body = json.dumps(spec).encode()
    assert call("POST", f"{teller.gateway.admin}/admin/faults", {}, body).status == 201


@pytest.mark.parametrize("won", [0.0, 1.0])
def test_a_fault_disputes_and_decides(teller: Teller, won: float) -> None:
    planted(teller, won_share=won)
    teller.sell("k1", 1000)
    final = {"won": "won", "lost": "lost"}["won" if won and teller.gateway.brand != "acquirer" else "lost"]
    eventually(lambda: [row["state"] for row in teller.gateway.books()["disputes"]] == [final])
    back = [amount for kind, amount in moves(teller.gateway) if kind == "dispute_reversal"]
    assert back == ([1000] if final == "won" else [])
    (row,) = teller.gateway.books()["disputes"]
    assert (row["attempt_id"], row["payment_id"], row["merchant_id"]) == ("att_k1", "pay_k1", "m_alpha")


@pytest.mark.parametrize(("escalated", "state"), [(0.0, "closed"), (1.0, "lost")])
def test_an_inquiry_is_closed_or_becomes_a_chargeback(
    paypal_teller: PayPalTeller, escalated: float, state: str
) -> None:
    planted(paypal_teller, inquiry_share=1.0, escalated_share=escalated, won_share=0.0)
    paypal_teller.sell("k1", 1000)
    eventually(lambda: [row["state"] for row in paypal_teller.gateway.books()["disputes"]] == [state])
    assert [kind for kind, _ in moves(paypal_teller.gateway)] == (["dispute"] if state == "lost" else [])


def case_of(teller: PayPalTeller, method: str = "pm_card_createDispute") -> tuple[str, dict[str, Any]]:
    """Sell to a card that disputes; return the capture's id and the dispute's details."""
    capture = teller.sell("k1", 1000, method=method).ref
    path = f"/v1/customer/disputes?disputed_transaction_id={capture}"
    eventually(lambda: len(teller.get(path).json["items"]) == 1)
    (item,) = teller.get(path).json["items"]
    assert "money_movements" not in item
    return capture, teller.get(f"/v1/customer/disputes/{item['dispute_id']}").json


def act(teller: PayPalTeller, made: dict[str, Any], what: str, body: dict[str, Any]) -> Answer:
    return teller.post(f"/v1/customer/disputes/{made['dispute_id']}/{what}", body, f"{what}-{json.dumps(body)[:40]}")


def test_paypals_claim_is_answered_and_settled(paypal_teller: PayPalTeller) -> None:
    capture, made = case_of(paypal_teller)
    assert (made["dispute_life_cycle_stage"], made["status"]) == ("CHARGEBACK", "WAITING_FOR_SELLER_RESPONSE")
    assert made["disputed_transactions"][0]["seller_transaction_id"] == capture
    assert [(move["type"], move["amount"]["value"]) for move in made["money_movements"]] == [("DEBIT", "10.00")]
    evidence = {"evidences": [{"evidence_type": "PROOF_OF_FULFILLMENT"}]}
    assert act(paypal_teller, made, "provide-evidence", evidence).status == 200
    assert act(paypal_teller, made, "adjudicate", {"adjudication_outcome": "SELLER_FAVOR"}).status == 200
    done = paypal_teller.get(f"/v1/customer/disputes/{made['dispute_id']}").json
    assert (done["status"], done["dispute_outcome"]["outcome_code"]) == ("RESOLVED", "RESOLVED_SELLER_FAVOUR")
    assert [move["type"] for move in done["money_movements"]] == ["DEBIT", "CREDIT"]
    assert act(paypal_teller, made, "accept-claim", {}).status == 422
    codes = {row["transaction_info"]["transaction_event_code"] for row in
             paypal_teller.get("/v1/reporting/transactions").json["transaction_details"]}  # fmt: skip
    assert codes == {"T0006", "T1110", "T1111"}


def test_paypals_inquiry_holds_nothing_until_it_is_escalated(paypal_teller: PayPalTeller) -> None:
    _, made = case_of(paypal_teller, "pm_card_createDisputeInquiry")
    assert (made["dispute_life_cycle_stage"], made["money_movements"]) == ("INQUIRY", [])
    assert act(paypal_teller, made, "accept-claim", {}).status == 422
    assert act(paypal_teller, made, "escalate", {"note": "no answer"}).status == 200
    assert act(paypal_teller, made, "accept-claim", {}).status == 200
    assert paypal_teller.gateway.books()["disputes"][0]["state"] == "lost"
    assert moves(paypal_teller.gateway) == [("dispute", 1000)]


@pytest.mark.parametrize(
    ("what", "body", "status"),
    [
        ("adjudicate", {"adjudication_outcome": "NOBODY"}, 400),
        ("provide-evidence", {"evidences": []}, 400),
        ("provide-evidence", {"evidences": [{"evidence_type": "A_FEELING"}]}, 400),
        ("escalate", {}, 422),
    ],
)
def test_nonsense_about_a_case_is_refused(
    paypal_teller: PayPalTeller, what: str, body: dict[str, Any], status: int
) -> None:
    _, made = case_of(paypal_teller)
    assert act(paypal_teller, made, what, body).status == status
    assert paypal_teller.gateway.books()["disputes"][0]["state"] == "needs_response"


@pytest.mark.parametrize(
    "query", ["page_size=0", "page_size=51", "start_time=yesterday", "start_time=2026-01-01T00:00:00"]
)
def test_a_list_of_cases_takes_no_nonsense(paypal_teller: PayPalTeller, query: str) -> None:
    assert paypal_teller.get(f"/v1/customer/disputes?{query}").status == 400


def test_the_list_goes_on_page_by_page(paypal_teller: PayPalTeller) -> None:
    planted(paypal_teller, decided_ms=0)
    for number in range(3):
        paypal_teller.sell(f"k{number}", 1000)
    eventually(lambda: len(paypal_teller.gateway.books()["disputes"]) == 3)
    first = paypal_teller.get("/v1/customer/disputes?page_size=2").json
    (following,) = [link["href"] for link in first["links"] if link["rel"] == "next"]
    rest = paypal_teller.get(following).json
    seen = [item["dispute_id"] for item in [*first["items"], *rest["items"]]]
    assert len(set(seen)) == 3


def test_a_restart_keeps_disputes(open_gateway: Callable[..., LiveGateway]) -> None:
    before = open_gateway("stripe", dispute_ms=10)
    client = StripeClient(API_KEY, base_addresses={"api": before.url}, max_network_retries=0)
    made = disputed(client)
    before.stop()
    after = open_gateway("stripe")
    assert [row["dispute_id"] for row in after.books()["disputes"]] == [made.id]
