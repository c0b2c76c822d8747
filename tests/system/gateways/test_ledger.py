"""Money's arithmetic, the same at both gateways."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from system.gateways.common import ledger
from system.gateways.common.exchange import Batch, Exchange
from system.gateways.common.records import Call, Charge, Movement
from tests.system.gateways.live import eventually
from tests.system.gateways.tellers import Teller


def test_a_sale_is_one_movement_that_carries_our_ids(teller: Teller) -> None:
    assert teller.sell("k1", 1999, "EUR").ok
    books = teller.gateway.books()
    (movement,) = books["movements"]
    assert {name: movement[name] for name in ("kind", "amount_minor", "currency", "operation_id", "attempt_id")} == {
        "kind": "capture", "amount_minor": 1999, "currency": "EUR", "operation_id": "op_k1", "attempt_id": "att_k1",
    }  # fmt: skip
    assert (movement["payment_id"], movement["merchant_id"], movement["reference"]) == ("pay_k1", "m_alpha", "ref_k1")
    (charge,) = books["charges"]
    assert (charge["status"], charge["authorized_minor"], charge["captured_minor"]) == ("captured", 1999, 1999)
    assert charge["executed"] is True
    assert charge["charge_id"] == movement["charge_id"]


def test_currencies_with_none_two_and_three_decimals_keep_their_minor_units(teller: Teller) -> None:
    for number, currency in enumerate(("JPY", "EUR", "KWD")):
        status = teller.sell(f"k{number}", 1230, currency).status
        assert status < 300 or (currency, teller.gateway.brand) == ("KWD", "paypal")
    moved = teller.gateway.books()["movements"]
    taken = ["JPY", "EUR"] if teller.gateway.brand == "paypal" else ["JPY", "EUR", "KWD"]
    assert [(row["amount_minor"], row["currency"]) for row in moved] == [(1230, currency) for currency in taken]


def test_captures_never_exceed_the_authorisation(teller: Teller) -> None:
    ref = teller.authorize("k1", 1000).ref
    assert teller.capture("k2", ref, 1001).status in (400, 422)
    assert teller.capture("k3", ref, 400).ok
    (charge,) = teller.gateway.books()["charges"]
    assert (charge["authorized_minor"], charge["captured_minor"]) == (1000, 400)
    assert [row["kind"] for row in teller.gateway.books()["movements"]] == ["authorize", "capture"]


def test_nothing_is_captured_after_a_void(teller: Teller) -> None:
    ref = teller.authorize("k1", 1000).ref
    assert teller.void("k2", ref).ok
    assert teller.capture("k3", ref, 1000).status in (400, 422)
    (charge,) = teller.gateway.books()["charges"]
    assert (charge["status"], charge["captured_minor"]) == ("voided", 0)


def test_a_void_is_entered_with_the_ids_of_the_voiding_call(teller: Teller) -> None:
    ref = teller.authorize("k1", 1000).ref
    teller.void("k2", ref)
    voided = teller.gateway.books()["movements"][-1]
    assert (voided["kind"], voided["operation_id"], voided["attempt_id"]) == ("void", "op_k2", "att_k2")
    assert (voided["payment_id"], voided["reference"], voided["amount_minor"]) == ("pay_k1", "ref_k1", 1000)


def test_concurrent_refunds_never_exceed_the_capture(teller: Teller) -> None:
    ref = teller.sell("k1", 100).ref
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda n: teller.refund(f"r{n}", ref, 60), range(8)))
    assert sum(one.ok for one in done) == 1
    (charge,) = teller.gateway.books()["charges"]
    assert charge["refunded_minor"] == 60


def test_a_lenient_gateway_refunds_more_than_it_took(teller: Teller) -> None:
    teller.gateway.arm("lenient_refunds")
    ref = teller.sell("k1", 100).ref
    assert all(teller.refund(f"r{n}", ref, 60).ok for n in range(3))
    (charge,) = teller.gateway.books()["charges"]
    assert charge["refunded_minor"] == 180
    assert teller.gateway.hits() == 3
    marked = [row["fault"] for row in teller.gateway.books()["calls"] if row["endpoint"] == "refund"]
    assert marked == ["", "lenient_refunds", "lenient_refunds"]


def test_a_lenient_gateway_captures_more_than_it_holds_and_more_than_once(teller: Teller) -> None:
    teller.gateway.arm("lenient_captures")
    ref = teller.authorize("k1", 100).ref
    assert all(teller.capture(f"c{n}", ref, 60).ok for n in range(2))
    (charge,) = teller.gateway.books()["charges"]
    assert (charge["authorized_minor"], charge["captured_minor"]) == (100, 120)
    assert teller.gateway.hits() == 2
    marked = [row["fault"] for row in teller.gateway.books()["calls"] if row["endpoint"] == "capture"]
    assert marked == ["", "lenient_captures"]


def test_even_a_lenient_gateway_captures_nothing_after_a_void(teller: Teller) -> None:
    teller.gateway.arm("lenient_captures")
    ref = teller.authorize("k1", 100).ref
    teller.void("k2", ref)
    assert teller.capture("k3", ref, 100).status in (400, 422)
    assert teller.gateway.moved("capture") == 0


@pytest.mark.parametrize(("how", "kind", "status"), [("expire", "expire", "expired"), ("cancel", "void", "voided")])
def test_nothing_is_captured_after_a_hold_lapsed_which_carries_nobodys_ids(
    teller: Teller, how: str, kind: str, status: str
) -> None:
    teller.gateway.arm("hold_expiry", ms=10, how=how)
    ref = teller.authorize("k1", 1000).ref
    eventually(lambda: teller.gateway.moved(kind) == 1)
    assert teller.capture("k2", ref, 1000).status in (400, 422)
    books = teller.gateway.books()
    assert [row["status"] for row in books["charges"]] == [status]
    gone = books["movements"][-1]
    assert (gone["attempt_id"], gone["payment_id"], gone["amount_minor"]) == ("", "pay_k1", 1000)
    assert teller.gateway.hits() == 1


def test_a_disputed_charge_is_withdrawn_with_the_captures_ids_and_refuses_refunds(teller: Teller) -> None:
    ref = teller.sell("k1", 1000, method="pm_card_createDispute").ref
    eventually(lambda: teller.gateway.moved("dispute") == 1)
    assert teller.refund("k2", ref, 400).status in (400, 422)
    books = teller.gateway.books()
    assert [(row["disputed_minor"], row["refunded_minor"]) for row in books["charges"]] == [(1000, 0)]
    withdrawn = next(row for row in books["movements"] if row["kind"] == "dispute")
    assert (withdrawn["attempt_id"], withdrawn["amount_minor"]) == ("att_k1", 1000)


def test_an_uncaptured_charge_cannot_be_refunded(teller: Teller) -> None:
    ref = teller.authorize("k1", 100).ref
    assert teller.refund("k2", ref, 10).status in (400, 404, 422)
    assert teller.gateway.moved("refund") == 0


def _batch() -> Batch:
    call = Call(gateway="g", call_id="c", method="POST", endpoint="create", arrived_at_us=1)
    exchange = Exchange("POST", "/", "", {}, ("", 0), "create", (), call, 0)
    return Batch(exchange, 1)


@given(st.lists(st.tuples(st.sampled_from(["capture", "void", "refund"]), st.integers(1, 150)), max_size=12))
def test_whatever_is_asked_the_books_stay_within_bounds(wishes: list[tuple[str, int]]) -> None:
    batch = _batch()
    charge: Charge = ledger.authorize(batch, ledger.draft(batch, "ch", 100, "eur"), "m0")
    for number, (wish, amount) in enumerate(wishes, start=1):
        try:
            if wish == "capture":
                charge = ledger.capture(batch, charge, amount, f"m{number}")
            elif wish == "void":
                charge = ledger.void(batch, charge, f"m{number}")
            else:
                charge = ledger.refund(batch, charge, amount, f"m{number}")
        except ledger.Refused:
            continue
    moved = [record for record in batch.records if isinstance(record, Movement)]
    sums = {kind: sum(m.amount_minor for m in moved if m.kind == kind) for kind in ("capture", "refund", "void")}
    assert (sums["capture"], sums["refund"]) == (charge.captured_minor, charge.refunded_minor)
    assert 0 <= charge.refunded_minor <= charge.captured_minor <= charge.authorized_minor == 100
    assert sums["void"] == 0 or (charge.status == "voided" and charge.captured_minor == 0)


@pytest.mark.parametrize(("card", "declines"), [("pm_card_radarBlock", "stripe"), ("pm_card_ccrejectFraud", "paypal")])
def test_a_card_that_one_gateway_blocks_pays_at_the_other(teller: Teller, card: str, declines: str) -> None:
    paid = teller.sell("k1", 1000, method=card)
    assert paid.ok == (teller.gateway.brand != declines)
    (charge,) = teller.gateway.books()["charges"]
    assert charge["executed"] == paid.ok
    told = {row["decline_code"] for row in teller.gateway.books()["calls"] if row["result"] == "declined"}
    assert told == (set() if paid.ok else {"fraudulent" if declines == "stripe" else "9500"})
