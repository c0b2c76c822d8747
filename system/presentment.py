"""What each gateway takes, as this platform knows it: currencies, smallest units, least and greatest amounts.

The platform counts in minor units of ISO 4217 (``system.money``). Gateways do not always: stripe takes MGA without
decimals and ISK and UGX with two, both against ISO, and paypal takes HUF and TWD without. What cannot be written
exactly in a gateway's units is not sent there, nor is what its rules refuse. Kept by hand, from
docs.stripe.com/currencies and developer.paypal.com/api/rest/reference/currency-codes (both read 2026-12-01); a test
holds it against the gateways.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from system.money import CURRENCIES, exponent_of


@dataclass(frozen=True, slots=True)
class Terms:
    """How a gateway takes one currency; all but ``decimals`` in minor units of ISO 4217."""

    decimals: int
    """Decimals of an amount in the gateway's api."""
    step_minor: int = 1
    """Amounts are multiples of it."""
    least_minor: int = 1
    """The least charge. A capture or a refund may be smaller."""
    most_minor: int = 0


@dataclass(frozen=True, slots=True)
class Presentment:
    """The currencies that may be presented at one gateway."""

    terms: Mapping[str, Terms]

    def refusal(self, currency: str, amount_minor: int) -> str:
        """Return why a charge is not taken, in a few words; '' where it is."""
        terms = self.terms.get(currency)
        if terms is None:
            return f"does not take {currency}"
        if amount_minor < terms.least_minor:
            return f"takes at least {terms.least_minor} minor units of {currency}"
        if amount_minor > terms.most_minor:
            return f"takes at most {terms.most_minor} minor units of {currency}"
        return self.refusal_of_part(currency, amount_minor)

    def refusal_of_part(self, currency: str, amount_minor: int) -> str:
        """Return why a capture or refund of that much is not taken; '' where it is."""
        terms = self.terms.get(currency)
        if terms is not None and amount_minor % terms.step_minor:
            return f"takes {currency} only in steps of {terms.step_minor} minor units"
        return ""

    def sent(self, currency: str, amount_minor: int) -> int:
        """Return an amount in the gateway's units. Raises ValueError where it cannot be written exactly."""
        return _scaled(amount_minor, self.terms[currency].decimals - exponent_of(currency))

    def heard(self, currency: str, amount: int) -> int:
        """Return minor units of what the gateway tells in its own. Raises ValueError where that is not exact."""
        terms = self.terms.get(currency)
        return amount if terms is None else _scaled(amount, exponent_of(currency) - terms.decimals)


def _scaled(amount: int, digits: int) -> int:
    if digits >= 0:
        return amount * int(10**digits)
    scaled, rest = divmod(amount, int(10**-digits))
    if rest:
        raise ValueError("the amount has more decimals than its currency has there")
    return scaled


STRIPE_TAKES_NOT = (
    "BOV BTN CHE CHW CLF COU CUP ERN GHS IQD IRR KPW LYD MRU MXV SDG SSP STN SVC SYP TMT USN UYI UYW VED VES XAD XCG"
    " ZWG"
)
STRIPE_DECIMALS = {"MGA": 0, "ISK": 2, "UGX": 2}
"""Where stripe's decimals differ from those of ISO 4217."""
STRIPE_LEAST_MINOR = {
    "AED": 200, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1_500, "DKK": 250, "EUR": 50, "GBP": 30,
    "HKD": 400, "HUF": 17_500, "INR": 50, "JPY": 50, "MXN": 1_000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200,
    "RON": 200, "SEK": 300, "SGD": 50, "THB": 1_000, "USD": 50,
}  # fmt: skip
PAYPAL_TAKES = "AUD CAD CHF CZK DKK EUR GBP HKD HUF ILS JPY MXN NOK NZD PHP PLN SEK SGD THB TWD USD"
"""Without BRL, CNY and MYR, which are for accounts of those countries."""
PAYPAL_WHOLE = "HUF JPY TWD"
PAYPAL_MOST_WHOLE = 9_999_999


def _stripe(currency: str) -> Terms:
    exponent = exponent_of(currency)
    decimals = STRIPE_DECIMALS.get(currency, exponent)
    # The last of three decimals must be 0, and what the gateway has no decimal for cannot be written.
    step = 10 if exponent == 3 else 10 ** max(0, exponent - decimals)
    digits = 12 if currency == "IDR" else 8
    most = (10**digits - 1) * 10**exponent // 10**decimals
    return Terms(decimals, step, STRIPE_LEAST_MINOR.get(currency, step), most - most % step)


def _paypal(currency: str) -> Terms:
    exponent = exponent_of(currency)
    if currency in PAYPAL_WHOLE.split():
        return Terms(0, 10**exponent, 10**exponent, PAYPAL_MOST_WHOLE * 10**exponent)
    return Terms(exponent, 1, 1, (PAYPAL_MOST_WHOLE + 1) * 10**exponent - 1)


PRESENTMENTS: Mapping[str, Presentment] = {
    "stripe": Presentment({code: _stripe(code) for code in CURRENCIES if code not in STRIPE_TAKES_NOT.split()}),
    "paypal": Presentment({code: _paypal(code) for code in PAYPAL_TAKES.split()}),
}
"""By the gateway's name."""


def refusals(
    presentments: Mapping[str, Presentment], gateways: Iterable[str], currency: str, amount_minor: int
) -> dict[str, str]:
    """Return why each of these gateways does not take a charge, '' for those that do."""
    return {
        name: presentments[name].refusal(currency, amount_minor) if name in presentments else "" for name in gateways
    }
