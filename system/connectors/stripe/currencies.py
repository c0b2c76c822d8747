"""What Stripe takes, from docs.stripe.com/currencies (read 2026-12-01).

Against ISO 4217 it takes MGA without decimals, and ISK and UGX with two.
"""

from system.money import CURRENCIES, exponent_of
from system.presentment import Presentment, Terms

TAKES_NOT = (
    "BOV BTN CHE CHW CLF COU CUP ERN GHS IQD IRR KPW LYD MRU MXV SDG SSP STN SVC SYP TMT USN UYI UYW VED VES XAD XCG"
    " ZWG"
)
DECIMALS = {"MGA": 0, "ISK": 2, "UGX": 2}
"""Where Stripe's decimals differ from those of ISO 4217."""
LEAST_MINOR = {
    "AED": 200, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1_500, "DKK": 250, "EUR": 50, "GBP": 30,
    "HKD": 400, "HUF": 17_500, "INR": 50, "JPY": 50, "MXN": 1_000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200,
    "RON": 200, "SEK": 300, "SGD": 50, "THB": 1_000, "USD": 50,
}  # fmt: skip


def _terms(currency: str) -> Terms:
    exponent = exponent_of(currency)
    decimals = DECIMALS.get(currency, exponent)
    # The last of three decimals must be 0, and what the gateway has no decimal for cannot be written.
    step = 10 if exponent == 3 else 10 ** max(0, exponent - decimals)
    digits = 12 if currency == "IDR" else 8
    most = (10**digits - 1) * 10**exponent // 10**decimals
    return Terms(decimals, step, LEAST_MINOR.get(currency, step), most - most % step)


PRESENTMENT = Presentment({code: _terms(code) for code in CURRENCIES if code not in TAKES_NOT.split()})
