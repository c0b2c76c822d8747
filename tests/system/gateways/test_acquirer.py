"""What is the acquirer's own: transactions under the merchant's reference, response codes, its list of currencies."""

from collections.abc import Callable

import pytest

from system.gateways.acquirer.currencies import CURRENCIES
from tests.system.gateways.live import LiveGateway, call
from tests.system.gateways.tellers import AcquirerTeller


@pytest.fixture
def teller(open_gateway: Callable[..., LiveGateway]) -> AcquirerTeller:
    return AcquirerTeller(open_gateway("acquirer"))


def test_an_approval_tells_code_numbers_and_the_merchants_own_data(teller: AcquirerTeller) -> None:
    told = teller.sell("t1", 1999).answer.json
    assert (told["id"], told["type"], told["amount"], told["currency"]) == ("t1", "sale", 1999, "EUR")
    assert (told["response_code"], told["response_text"]) == ("00", "Approved")
    assert (told["stan"], told["rrn"], told["data"]["attempt_id"]) == ("000001", "000000000001", "att_t1")
    assert not [name for name in told if name.startswith("_")]


def test_a_repeat_is_answered_with_the_same_bytes_and_says_so(teller: AcquirerTeller) -> None:
    first, again = teller.sell("t1").answer, teller.sell("t1").answer
    assert first.body == again.body
    assert ("repeat" in first.headers, again.headers["repeat"]) == (False, "true")
    used = teller.sell("t1", 2000)
    assert (used.status, used.answer.json["response_code"]) == (422, "94")
    elsewhere = teller.refund("t1", teller.sell("t2").ref, 10)
    assert elsewhere.answer.json["response_code"] == "94"


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("pm_card_visa_chargeDeclined", "05"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "51"),
        ("pm_card_chargeDeclinedExpiredCard", "54"),
        ("pm_card_visa_chargeDeclinedStolenCard", "43"),
        ("pm_card_chargeDeclinedIncorrectCvc", "82"),
        ("pm_card_chargeDeclinedProcessingError", "91"),
        ("pm_card_visa_chargeDeclinedTryAgainLater", "91"),
        ("pm_card_authenticationRequired", "65"),
    ],
)
def test_a_decline_is_a_402_with_the_issuers_code(teller: AcquirerTeller, card: str, code: str) -> None:
    declined = teller.sell("t1", method=card)
    assert (declined.status, declined.answer.json["response_code"]) == (402, code)
    assert teller.gateway.moved() == 0
    assert teller.look_up("t1")[0]["response_code"] == code


def test_an_inquiry_finds_a_transaction_at_once_and_says_how_its_charge_stands(teller: AcquirerTeller) -> None:
    held = teller.authorize("t1", 1000).ref
    assert teller.look_up("t1")[0]["state"] == "authorized"
    teller.capture("t2", held, 700)
    teller.refund("t3", held, 200)
    (found,) = teller.look_up("t1")
    assert (found["type"], found["amount"], found["state"]) == ("authorization", 1000, "captured")
    charge = teller.get(f"/charges/{held}").json
    assert [charge[name] for name in ("authorized", "captured", "refunded", "captured_by")] == [1000, 700, 200, "t2"]
    assert teller.get("/transactions/t9").json["response_code"] == "25"


def test_what_comes_in_wrong_is_told_by_its_code_and_leaves_the_reference_free(teller: AcquirerTeller) -> None:
    bodies = {
        "30": {"amount": "10", "currency": "EUR", "card": {"token": "pm_card_visa"}},
        "58": {"amount": 10, "currency": "XXX", "card": {"token": "pm_card_visa"}},
        "13": {"amount": 0, "currency": "EUR", "card": {"token": "pm_card_visa"}},
        "61": {"amount": 10**12, "currency": "EUR", "card": {"token": "pm_card_visa"}},
        "14": {"amount": 10, "currency": "EUR", "card": {"token": "pm_card_of_nobody"}},
    }
    told = {code: teller.send("/sales", body, "t1") for code, body in bodies.items()}
    assert {code: (answer.status, answer.json["response_code"]) for code, answer in told.items()} == {
        code: (400, code) for code in bodies
    }
    assert call("POST", f"{teller.gateway.url}/sales/t1", {}, b"{}").status == 401
    assert teller.sell("t1").ok


def test_only_one_capture_is_taken_and_the_rest_is_released(teller: AcquirerTeller) -> None:
    held = teller.authorize("t1", 1000).ref
    assert teller.capture("t2", held, 600).ok
    second = teller.capture("t3", held, 100)
    assert (second.status, second.answer.json["response_code"]) == (422, "12")


def test_amounts_are_in_the_minor_units_of_iso_4217() -> None:
    rules = {code: CURRENCIES.rules[code].decimals for code in ("JPY", "EUR", "HUF", "KWD")}
    assert rules == {"JPY": 0, "EUR": 2, "HUF": 2, "KWD": 3}
