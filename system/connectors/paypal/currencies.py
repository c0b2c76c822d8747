"""What PayPal takes, from developer.paypal.com/api/rest/reference/currency-codes (read 2026-12-01).

Against ISO 4217 it takes HUF and TWD without decimals.
"""

from system.money import exponent_of
from system.presentment import Presentment, Terms

TAKES = "AUD CAD CHF CZK DKK EUR GBP HKD HUF ILS JPY MXN NOK NZD PHP PLN SEK SGD THB TWD USD"
"""Without BRL, CNY and MYR, which are for accounts of those countries."""
WHOLE = "HUF JPY TWD"
MOST_WHOLE = 9_999_999


def _terms(currency: str) -> Terms:
    exponent = exponent_of(currency)
    if currency in WHOLE.split():
        return Terms(0, 10**exponent, 10**exponent, MOST_WHOLE * 10**exponent)
    return Terms(exponent, 1, 1, (MOST_WHOLE + 1) * 10**exponent - 1)


PRESENTMENT = Presentment({code: _terms(code) for code in TAKES.split()})
