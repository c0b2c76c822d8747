"""What each fault does: what the client sees, what the ledger says, and that the hit was counted.

Every request fault is tried on every gateway, on the call that moves the money.
"""

import http.client
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.system.gateways.live import LiveGateway, eventually
from tests.system.gateways.tellers import AcquirerTeller, PayPalTeller, StripeTeller, Teller, teller_of

NO_ANSWER = (ConnectionError, http.client.RemoteDisconnected)


def arm(teller: Teller, kind: str, **parameters: Any) -> None:
    """Plant it on the call that moves the money (at paypal an order comes first)."""
    teller.gateway.arm(kind, endpoints="create", **parameters)


def last_call(teller: Teller) -> dict[str, Any]:
    return teller.gateway.books()["calls"][-1]


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("refuse", {}),
        ("reset_before_read", {}),
        ("drop_before_execute", {"how": "close"}),
        ("drop_before_execute", {"how": "reset"}),
    ],
)
def test_a_request_lost_before_execution_moves_nothing_and_gets_no_answer(
    teller: Teller, kind: str, parameters: dict[str, Any]
) -> None:
    teller.sell("warm")
    arm(teller, kind, **parameters)
    with pytest.raises(NO_ANSWER):
        teller.sell("k1")
    assert teller.gateway.hits() >= 1
    teller.gateway.disarm()
    assert teller.gateway.moved() == 1
    assert teller.sell("k1").ok
    assert teller.gateway.moved() == 2


@pytest.mark.parametrize("how", ["close", "reset", "hang"])
def test_executed_then_dropped_moves_money_and_the_key_finds_it(teller: Teller, how: str) -> None:
    arm(teller, "execute_then_drop", how=how, hang_ms=100)
    with pytest.raises(NO_ANSWER):
        teller.sell("k1")
    assert teller.gateway.hits() == 1
    eventually(lambda: last_call(teller)["fault"] == "execute_then_drop")
    call = last_call(teller)
    assert (call["result"], call["http_status"], call["answered_at_us"]) == ("executed", None, None)
    teller.gateway.disarm()
    assert teller.sell("k1").ok
    assert teller.gateway.moved() == 1


def test_executed_then_500_is_what_the_key_repeats(teller: Teller) -> None:
    arm(teller, "execute_then_500")
    assert teller.sell("k1").status == 500
    assert (teller.gateway.hits(), teller.gateway.moved()) == (1, 1)
    teller.gateway.disarm()
    assert teller.sell("k1").status == 500
    assert teller.gateway.moved() == 1


def test_an_uncached_500_gives_way_to_the_true_answer(teller: Teller) -> None:
    arm(teller, "execute_then_500", cached=False)
    assert teller.sell("k1").status == 500
    teller.gateway.disarm()
    assert teller.sell("k1").ok
    assert teller.gateway.moved() == 1


def test_a_late_reply_is_true_and_late(teller: Teller) -> None:
    arm(teller, "execute_then_late_reply", ms=300)
    began = time.monotonic()
    assert teller.sell("k1").ok
    assert time.monotonic() - began >= 0.3
    assert (teller.gateway.hits(), teller.gateway.moved()) == (1, 1)


@pytest.mark.parametrize("at", ["arrival", "before", "after", "mid"])
def test_a_delay_may_lie_anywhere_and_changes_nothing_else(teller: Teller, at: str) -> None:
    arm(teller, "delay", ms=200, jitter_ms=50, at=at)
    began = time.monotonic()
    assert teller.sell("k1").ok
    assert time.monotonic() - began >= 0.2
    assert (teller.gateway.hits(), teller.gateway.moved()) == (1, 1)


@pytest.mark.parametrize(("at", "hits"), [("arrival", 2), ("before", 1), ("after", 1)])
def test_who_repeats_a_call_waits_again_only_on_arrival(teller: Teller, at: str, hits: int) -> None:
    arm(teller, "delay", ms=50, at=at)
    assert teller.sell("k1").ok
    assert teller.sell("k1").ok
    assert (teller.gateway.hits(), teller.gateway.moved()) == (hits, 1)


@pytest.mark.parametrize(("kind", "status"), [("429", 429), ("409_in_use", 409), ("brownout", 503)])
def test_turned_away_moves_nothing_and_leaves_the_key_free(teller: Teller, kind: str, status: int) -> None:
    arm(teller, kind)
    assert teller.sell("k1").status == status
    assert (teller.gateway.hits(), teller.gateway.moved()) == (1, 0)
    call = last_call(teller)
    assert (call["fault"], call["http_status"]) == (kind, status)
    teller.gateway.disarm()
    assert teller.sell("k1").ok


def test_in_use_may_be_a_lie_told_after_execution(teller: Teller) -> None:
    arm(teller, "409_in_use", at="after")
    assert teller.sell("k1").status == 409
    assert (teller.gateway.hits(), teller.gateway.moved()) == (1, 1)
    assert last_call(teller)["result"] == "executed"


@pytest.mark.parametrize("body", ["html", "empty", "array", "text"])
def test_a_malformed_200_hides_an_execution(teller: Teller, body: str) -> None:
    arm(teller, "malformed_200", body=body)
    answer = _raw_sell(teller)
    assert answer.status == 200
    assert not answer.body.startswith(b'{"id":"')
    assert (teller.gateway.hits(), teller.gateway.moved()) == (1, 1)


def test_a_malformed_200_may_hide_that_nothing_happened(teller: Teller) -> None:
    arm(teller, "malformed_200", at="before")
    assert _raw_sell(teller).status == 200
    assert (teller.gateway.hits(), teller.gateway.moved()) == (1, 0)


def _raw_sell(teller: Teller) -> Any:
    """Make the money call without reading its body."""
    if isinstance(teller, StripeTeller):
        fields = {"amount": "100", "currency": "eur", "payment_method": "pm_card_visa", "confirm": "true"}
        return teller.post("/v1/payment_intents", fields, "raw")
    if isinstance(teller, AcquirerTeller):
        return teller.send("/sales", {"amount": 100, "currency": "EUR", "card": {"token": "pm_card_visa"}}, "raw")
    assert isinstance(teller, PayPalTeller)
    order = teller.order("raw", 100, "EUR", "pm_card_visa", "CAPTURE").json["id"]
    return teller.post(f"/v2/checkout/orders/{order}/capture", {}, "raw")


def test_a_truncated_body_breaks_off_after_execution(teller: Teller) -> None:
    arm(teller, "truncated_body")
    with pytest.raises(http.client.IncompleteRead):
        teller.sell("k1")
    assert (teller.gateway.hits(), teller.gateway.moved()) == (1, 1)


def test_a_wrong_amount_is_echoed_while_the_right_one_was_taken(teller: Teller) -> None:
    arm(teller, "wrong_amount_echo", by_minor=1)
    told = teller.sell("k1", 1999).answer.body
    assert b'"amount":2000' in told or b'"value":"20.00"' in told
    assert teller.gateway.hits() == 1
    assert teller.gateway.books()["movements"][0]["amount_minor"] == 1999
    teller.gateway.disarm()
    assert teller.sell("k1", 1999).ok
    assert teller.sell("k1", 1999).answer.body != told


def test_a_wrong_currency_may_be_echoed(teller: Teller) -> None:
    arm(teller, "wrong_amount_echo", by_minor=0, currency="USD")
    told = teller.sell("k1", 1999).answer.body.lower()
    assert b'"usd"' in told
    assert teller.gateway.books()["movements"][0]["currency"] == "EUR"


@pytest.mark.parametrize("how", ["503", "close", "hang"])
def test_a_partial_outage_hits_the_named_merchants_only(teller: Teller, how: str) -> None:
    arm(teller, "partial_outage", merchants="m_beta", how=how)
    assert teller.sell("k1").ok
    assert teller.gateway.hits() == 0
    arm(teller, "partial_outage", merchants="m_alpha,m_beta", how=how, hang_ms=50)
    if how == "503":
        assert teller.sell("k2").status == 503
    else:
        with pytest.raises(NO_ANSWER):
            teller.sell("k2")
    assert (teller.gateway.hits(), teller.gateway.moved()) == (1, 1)


def test_a_decline_storm_declines_good_cards(teller: Teller) -> None:
    teller.gateway.arm("decline_storm", code="processing_error", decline_code="processing_error")
    done = teller.sell("k1")
    assert done.status in (402, 422)
    assert any(word in done.answer.body for word in (b"processing_error", b"9100", b'"response_code":"91"'))
    assert (teller.gateway.hits(), teller.gateway.moved()) == (1, 0)
    assert last_call(teller)["result"] == "declined"


@pytest.mark.parametrize("teller", ["stripe", "paypal"], indirect=True)  # an inquiry at an acquirer does not lag
def test_search_lag_hides_what_happened_and_then_shows_it(teller: Teller) -> None:
    teller.sell("k1")
    teller.gateway.arm("search_lag", lag_s=60)
    assert teller.look_up("k1") == []
    assert teller.gateway.hits() == 1
    teller.gateway.disarm()
    assert len(teller.look_up("k1")) == 1


def test_without_any_fault_the_index_lies_behind_by_the_configured_lag(
    open_gateway: Callable[..., LiveGateway],
) -> None:
    teller = teller_of(open_gateway("stripe", search_lag_s=2.0))
    teller.sell("k1")
    assert teller.look_up("k1") == []
    eventually(lambda: len(teller.look_up("k1")) == 1)


def test_a_pruned_key_executes_again(teller: Teller) -> None:
    assert teller.sell("k1").ok
    teller.gateway.arm("key_prune", retention_s=0)
    assert teller.sell("k1").ok
    assert teller.gateway.hits() >= 1
    assert teller.gateway.moved() == 2


@pytest.mark.parametrize("planted", [True, False])
def test_a_refund_may_fail_after_it_was_accepted(teller: Teller, planted: bool) -> None:
    ref = teller.sell("k1", 1000, method="pm_card_visa" if planted else "pm_card_refundFail").ref
    if planted:
        teller.gateway.arm("async_refund_fail", ms=10)
    assert teller.refund("k2", ref, 400).ok
    eventually(lambda: teller.gateway.moved("refund_failed") == 1)
    books = teller.gateway.books()
    assert books["charges"][0]["refunded_minor"] == 0
    failed = books["movements"][-1]
    assert (failed["amount_minor"], failed["gateway_key"], failed["attempt_id"]) == (400, "k2", "att_k2")
    if planted:
        assert teller.gateway.hits() == 1


def test_refuse_also_turns_new_connections_away(teller: Teller) -> None:
    teller.sell("warm")
    teller.gateway.arm("refuse")
    with pytest.raises(NO_ANSWER):
        teller.sell("k1")
    assert teller.gateway.hits() == 1
    assert all(row["gateway_key"] != "k1" for row in teller.gateway.books()["calls"])
