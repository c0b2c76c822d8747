"""What an adapter lists is checked field by field, and a value that cannot be is named with what can."""

from dataclasses import replace
from typing import Any

import pytest

from harness.core.adapter import Charge, Record, Seen, Word
from harness.core.errors import ControlError
from harness.targets.remote.checking import checked_charges, checked_records, checked_seen, gateways_of

CHARGE = Charge("ch", "order", 100, "EUR", 1_800_000_000_000_000)
RECORD = Record("7", "order", Word.PAID, 100, "EUR")
NOW_S = 1_800_000_000


def test_gateways_are_what_links_lead_to() -> None:
    assert gateways_of(["api1-to-stripe", "api2-to-stripe", "worker-to-my-bank"]) == ("my-bank", "stripe")


def test_what_is_sound_is_given_back() -> None:
    charges = [CHARGE, replace(CHARGE, reference="", status="declined", currency="eur")]
    assert checked_charges(charges, ["stripe"]) == [charges[0], replace(charges[1], currency="EUR")]
    assert checked_records([RECORD], ["stripe"]) == [RECORD]
    assert checked_seen([Seen(Word.UNKNOWN), Seen(Word.PAID, "7", 100, "EUR", True, 3, "ok")])


@pytest.mark.parametrize(
    "wrong",
    [
        {"charge_id": ""},
        {"charge_id": 7},
        {"reference": None},
        {"amount_minor": "100"},
        {"amount_minor": 1.0},
        {"amount_minor": True},
        {"amount_minor": -1},
        {"currency": None},
        {"currency": "euro"},
        {"created_at_us": NOW_S},
        {"created_at_us": NOW_S * 1000},
        {"created_at_us": NOW_S * 10**9},
        {"created_at_us": "2027-01-15"},
        {"status": "succeeded"},
        {"refunded_minor": None},
        {"payment_id": None},
        {"key": None},
        {"gateway": "paypal"},
    ],
)
def test_a_charge_with_a_field_that_cannot_be_is_named_by_it(wrong: dict[str, Any]) -> None:
    [(field, value)] = wrong.items()
    with pytest.raises(ControlError) as named:
        checked_charges([CHARGE, replace(CHARGE, **wrong)], ["stripe"])
    assert str(named.value) == f"the adapter's charges(): Charge.{field} is {value!r}"
    assert named.value.hint.startswith(f"{field}: ")


@pytest.mark.parametrize(
    "wrong", [{"payment_id": 7}, {"word": "paid"}, {"word": Word.UNKNOWN}, {"charge_id": None}, {"gateway": ""}]
)
def test_a_record_with_a_field_that_cannot_be_is_named_by_it(wrong: dict[str, Any]) -> None:
    [(field, value)] = wrong.items()
    with pytest.raises(ControlError) as named:
        checked_records([replace(RECORD, **wrong)], ["stripe"])
    assert f"payments(): Record.{field} is {value!r}" in str(named.value)


@pytest.mark.parametrize(
    "wrong", [{"word": "paid"}, {"amount_minor": "100"}, {"currency": "euro"}, {"replayed": None}, {"version": "3"}]
)
def test_a_payment_that_was_seen_with_a_field_that_cannot_be_is_named_by_it(wrong: dict[str, Any]) -> None:
    [(field, value)] = wrong.items()
    with pytest.raises(ControlError) as named:
        checked_seen([replace(Seen(Word.PAID, "7"), **wrong)])
    assert f"found(): Seen.{field} is {value!r}" in str(named.value)


def test_an_item_of_another_type_is_named() -> None:
    with pytest.raises(ControlError, match=r"payments\(\) gave a tuple: \('7',\)") as named:
        checked_records([("7",)], ["stripe"])  # type: ignore[list-item]
    assert named.value.hint == "each item is a harness.core.adapter.Record"
