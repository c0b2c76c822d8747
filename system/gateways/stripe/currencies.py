"""Which currencies and amounts stripe takes, from its published page on currencies.

The page names the presentment currencies, those without decimals, those with three (whose last digit must be 0), the
special cases ISK and UGX (two decimals that must be 00), the least charge by settlement currency, and the most digits.
This simulator settles every charge in its own currency where the page lists a least amount for it; a currency that it
does not list has none here, because its least amount is that of another one after a conversion at some rate.
HUF and TWD are charged with two decimals and paid out in whole units.
"""

from system.gateways.common.money import Currencies, Rule

SOURCE = "https://docs.stripe.com/currencies"
READ_ON = "2026-12-01"

TWO_DECIMALS = (
    "USD AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF"
    " CNY COP CRC CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR"
    " JMD KES KGS KHR KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO"
    " NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS"
    " TOP TRY TTD TWD TZS UAH UYU UZS WST XCD YER ZAR ZMW"
)
NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
THREE_DECIMALS = "BHD JOD KWD OMR TND"
WHOLE_WITH_TWO_DECIMALS = ("ISK", "UGX")

LEAST = {
    "USD": 50, "AED": 200, "AUD": 50, "BGN": 100, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1_500, "DKK": 250, "EUR": 50,
    "GBP": 30, "HKD": 400, "HUF": 17_500, "INR": 50, "JPY": 50, "MXN": 1_000, "MYR": 200, "NOK": 300, "NZD": 50,
    "PLN": 200, "RON": 200, "SEK": 300, "SGD": 50, "THB": 1_000,
}  # fmt: skip
"""The least charge, in units."""

PAYOUT_STEP = {"huf": 100, "twd": 100}
"""Payouts are multiples of it, in units."""

MOST = 99_999_999
"""Eight digits."""
MOST_OF = {"IDR": 999_999_999_999}
"""Twelve digits."""


def _rule(code: str, decimals: int, step: int) -> Rule:
    most = MOST_OF.get(code, MOST)
    return Rule(decimals, step, LEAST.get(code, step), most - most % step)


CURRENCIES = Currencies(
    source=SOURCE,
    read_on=READ_ON,
    rules={
        **{code: _rule(code, 2, 1) for code in TWO_DECIMALS.split()},
        **{code: _rule(code, 0, 1) for code in NO_DECIMALS.split()},
        **{code: _rule(code, 3, 10) for code in THREE_DECIMALS.split()},
        **{code: _rule(code, 2, 100) for code in WHOLE_WITH_TWO_DECIMALS},
    },
)
