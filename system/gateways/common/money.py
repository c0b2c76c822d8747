"""Amounts as gateways write them. Integers of minor units inside; decimal strings only at the edge; never floats."""

import re

from system.money import EXPONENTS as ISO_4217

EXPONENTS = {code.lower(): places for places, codes in ISO_4217.items() for code in codes.split()}
"""Decimal places by lower-case ISO currency."""

AMOUNT_MAX = 10**14

_DECIMAL = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,3}))?")


def exponent(currency: str) -> int | None:
    """Return the currency's decimal places, None for a currency that is not accepted."""
    return EXPONENTS.get(currency.lower())


def to_decimal(amount_minor: int, currency: str) -> str:
    """Write minor units as a decimal string: 1999 usd is ``19.99``, 500 jpy is ``500``. Raises KeyError."""
    places = EXPONENTS[currency.lower()]
    if places == 0:
        return str(amount_minor)
    whole, part = divmod(amount_minor, 10**places)
    return f"{whole}.{part:0{places}d}"


def from_decimal(text: str, currency: str) -> int:
    """Read a decimal string into minor units. Raises ValueError for anything but exactly the currency's places."""
    places = exponent(currency)
    found = _DECIMAL.fullmatch(text)
    if places is None or found is None:
        raise ValueError(f"{text!r} is not an amount of {currency}")
    whole, part = found.group(1), found.group(2) or ""
    if len(part) > places:
        raise ValueError(f"{text!r} has more than {places} decimal places")
    return int(whole + part.ljust(places, "0"))
