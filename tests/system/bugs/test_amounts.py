"""Each planted bug about amounts and payloads: the sound decision and the planted one side by side."""

import pytest

from system.planted import Planted, load
from system.seams import Seams
from system.settings import Settings

FIELDS: dict[str, object] = {"amount_minor": 100, "payment_method": "pm_card_visa", "capture": "automatic"}


def planted(bug: str) -> tuple[Seams, Seams, Planted]:
    sound, _ = load(Settings(bug=""))
    seams, counter = load(Settings(bug=bug))
    return sound, seams, counter


@pytest.mark.parametrize(("bug", "field"), [("B70", "amount_minor"), ("B71", "payment_method"), ("B71", "capture")])
def test_a_field_is_no_part_of_the_key(bug: str, field: str) -> None:
    sound, seams, counter = planted(bug)
    other = {**FIELDS, field: "another"}
    assert sound.significant(FIELDS) != sound.significant(other)
    assert seams.significant(FIELDS) == seams.significant(other)
    assert counter.reached == 2


def test_b73_sends_minor_units_of_iso_4217() -> None:
    sound, seams, counter = planted("B73")
    for currency, minor, units in (("ISK", 500, 50_000), ("MGA", 50_000, 500)):
        assert sound.presentments["stripe"].sent(currency, minor) == units
        assert seams.presentments["stripe"].sent(currency, minor) == minor
        assert seams.presentments["stripe"].heard(currency, minor) == minor
    assert counter.reached == 2
    assert seams.presentments["stripe"].sent("EUR", 1_999) == 1_999
    assert counter.reached == 2


def test_b74_believes_that_everything_is_taken() -> None:
    sound, seams, counter = planted("B74")
    assert sound.presentments["stripe"].refusal("KWD", 1_005)
    assert seams.presentments["stripe"].refusal("KWD", 1_005) == ""
    assert seams.presentments["stripe"].refusal_of_part("KWD", 1_005) == ""
    assert seams.presentments["paypal"].refusal("KWD", 1_005)
    assert counter.reached == 2


def test_b75_refuses_small_change() -> None:
    sound, seams, counter = planted("B75")
    assert sound.presentments["paypal"].refusal("USD", 20) == ""
    assert seams.presentments["paypal"].refusal("USD", 20)
    assert seams.presentments["paypal"].refusal("USD", 100) == ""
    assert seams.presentments["paypal"].refusal("JPY", 1) == ""
    assert counter.reached == 1
