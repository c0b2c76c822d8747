"""What both gateways promise about idempotency keys."""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.system.gateways.live import eventually
from tests.system.gateways.tellers import Done, StripeTeller, Teller


def test_one_key_moves_money_once_and_finds_the_same_charge_again(teller: Teller) -> None:
    first, again = teller.sell("k1"), teller.sell("k1")
    assert first.ok
    assert again.ok
    assert again.ref == first.ref
    assert teller.gateway.moved("capture") == 1
    money_calls = [row for row in teller.gateway.books()["calls"] if row["endpoint"] == "create"]
    assert [row["result"] for row in money_calls] == ["executed", "replayed"]


def test_stripe_repeats_the_first_answers_bytes_and_says_so(stripe_teller: StripeTeller) -> None:
    first, again = stripe_teller.sell("k1").answer, stripe_teller.sell("k1").answer
    assert again.body == first.body
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["idempotency-key"] == "k1"


def test_a_key_used_with_other_parameters_is_refused_and_moves_nothing(teller: Teller) -> None:
    ref = teller.sell("k1", 1000).ref
    assert teller.refund("k2", ref, 100).ok
    refused = teller.refund("k2", ref, 200)
    assert refused.status in (400, 422)
    assert teller.gateway.moved("refund") == 1
    assert teller.gateway.books()["calls"][-1]["result"] == "mismatch"


def test_a_declined_key_is_declined_again_without_asking_the_card(teller: Teller) -> None:
    first, again = (teller.sell("k1", method="pm_card_visa_chargeDeclined") for _ in range(2))
    assert first.status == again.status
    assert first.status in (402, 422)
    assert first.answer.body == again.answer.body
    charges = teller.gateway.books()["charges"]
    assert [(row["status"], row["executed"]) for row in charges] == [("declined", False)]


def test_a_key_is_in_use_until_its_answer_has_left(teller: Teller) -> None:
    teller.gateway.arm("delay", ms=3000, endpoints="create")
    slow: list[Done] = []
    thread = threading.Thread(target=lambda: slow.append(teller.sell("k1")))
    thread.start()
    eventually(lambda: teller.gateway.hits() == 1)
    assert teller.sell("k1").status == 409
    thread.join()
    assert slow[0].ok
    assert teller.sell("k1").ref == slow[0].ref
    assert teller.gateway.moved("capture") == 1


def test_sixteen_parallel_sends_of_one_key_move_money_once(teller: Teller) -> None:
    teller.sell("warm")
    with ThreadPoolExecutor(16) as pool:
        done = list(pool.map(lambda _: teller.sell("k1"), range(16)))
    assert {one.ref for one in done if one.ok} == {next(one.ref for one in done if one.ok)}
    assert all(one.ok or one.status == 409 for one in done)
    assert teller.gateway.moved("capture") == 2


def test_a_refused_request_leaves_its_key_free(teller: Teller) -> None:
    assert teller.sell("k1", method="nonsense").status >= 400
    assert teller.sell("k1").ok
