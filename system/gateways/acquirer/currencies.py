"""Which currencies and amounts the acquirer takes, from its published rules (docs/acquirer.md).

Amounts are what ISO 8583 has in its field 4: up to twelve digits in the minor units that ISO 4217 gives the currency,
with no exception of the acquirer's own.
"""

from system.gateways.common.money import Currencies, Rule

SOURCE = "docs/acquirer.md"
READ_ON = "2026-12-01"

MINOR_UNITS = {
    0: "CLP ISK JPY KRW VND",
    2: "AED AUD BRL CAD CHF CZK DKK EUR GBP HKD HUF ILS INR MXN MYR"
    " NOK NZD PHP PLN RON SAR SEK SGD THB TRY TWD USD ZAR",
    3: "BHD JOD KWD OMR TND",
}
"""The currencies by their minor units in ISO 4217."""

MOST = 999_999_999_999
"""Twelve digits."""

CURRENCIES = Currencies(
    source=SOURCE,
    read_on=READ_ON,
    rules={code: Rule(decimals, 1, 1, MOST) for decimals, codes in MINOR_UNITS.items() for code in codes.split()},
)
