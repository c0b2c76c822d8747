"""Money in words."""

import pytest

from reports.money import amount, amounts


@pytest.mark.parametrize(
    ("minor", "currency", "expected"),
    [
        (1999, "EUR", "EUR 19.99"),
        (5, "USD", "USD 0.05"),
        (500, "JPY", "JPY 500"),
        (1_234_567, "KWD", "KWD 1,234.567"),
        (-250, "EUR", "EUR -2.50"),
        (10**18 + 1, "EUR", "EUR 10,000,000,000,000,000.01"),
    ],
)
def test_an_amount_is_written_with_its_currencys_own_decimals(minor: int, currency: str, expected: str) -> None:
    assert amount(minor, currency) == expected


def test_currencies_stand_side_by_side_and_are_never_added() -> None:
    assert amounts({"JPY": 500, "EUR": 1999, "USD": 0}) == "EUR 19.99 + JPY 500"
    assert amounts({}) == ""
